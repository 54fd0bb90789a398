"""Forms: files alone, called `file`; whatever else comes is refused before it is stored."""

from __future__ import annotations

from made_dicom import png_file
from serving import Served, form


def test_a_body_that_is_no_form_is_refused(served: Served) -> None:
    headers, body = form([("picture", "a.png", png_file())])
    assert served.ask("/predict", method="POST", body=body, headers=headers).kind == "bad-request"
    headers, body = form([("file", "a.png", png_file()), ("file", "b.png", png_file())])
    assert served.ask("/predict", method="POST", body=body, headers=headers).status == 400
    body = body.replace(b'; filename="b.png"', b"").replace(b'="file"\r\n', b'="model"\r\n')
    refused = served.ask("/predict", method="POST", body=body, headers=headers)
    assert refused.kind == "bad-request" and "as in ?model=NAME" in refused.json["detail"]
    plain = served.ask("/predict", method="POST", body=b"{}", headers={"Content-Type": "text/json"})
    assert plain.kind == "bad-request"
    broken = served.ask(
        "/predict", method="POST", body=b"--x\r\nnonsense",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )  # fmt: skip
    assert broken.status == 400
