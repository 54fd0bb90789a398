"""A study goes in and its result comes out, by a real client and through a real archive."""

from __future__ import annotations

import io
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from made_dicom import chest_files
from pydicom import Dataset, dcmread
from serving import Answer, Served, serving
from waiting import wait_until

BOUNDARY = "parts"
DICOM = "application/dicom"
STUDY = "1.2"


@pytest.fixture(scope="module")
def web(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with DICOMweb."""
    pytest.importorskip("highdicom")
    with serving(runs[1], "--dicomweb", uploads=tmp_path_factory.mktemp("uploads")) as server:
        yield server


def stow(web: Served, parts: list[bytes], **headers: str) -> Answer:
    body = b"".join(
        f"--{BOUNDARY}\r\nContent-Type: {DICOM}\r\n\r\n".encode() + part + b"\r\n" for part in parts
    )
    sent = {"Content-Type": f'multipart/related; type="{DICOM}"; boundary={BOUNDARY}', **headers}
    body += f"--{BOUNDARY}--\r\n".encode()
    return web.ask("/dicomweb/studies", method="POST", body=body, headers=sent)


def test_what_can_not_be_stored_is_named_and_the_rest_is_stored(web: Served) -> None:
    answer = stow(web, [b"no DICOM at all", chest_files(1, study="1.9")[0]])
    assert answer.status == 202
    assert answer.headers["content-type"] == "application/dicom+json"
    assert answer.json["00081198"]["Value"] == [{"00081197": {"vr": "US", "Value": [0xC000]}}]
    (stored,) = answer.json["00081199"]["Value"]
    assert stored["00081155"]["Value"] == ["1.2.3.1"]
    assert stow(web, [b"no DICOM"]).status == 409
    assert stow(web, []).kind == "bad-request"
    assert stow(web, [b"x"], **{"Content-Type": "text/plain"}).kind == "bad-request"
    assert stow(web, [b"x"], **{"Content-Type": "multipart/related"}).kind == "bad-request"
    for path in ("/dicomweb/studies/1.2.3.4.5", "/dicomweb/studies/1.9/series/1/instances/2"):
        assert web.ask(path).kind in ("not-found", "busy")
    assert web.ask("/dicomweb/studies/..%2f..").status in (404, 422)


def is_there(url: str) -> bool:
    """Return whether the server has the result of a study, or says when to come again."""
    try:
        urlopen(url)
    except HTTPError as error:
        assert error.code == 503 and int(error.headers["Retry-After"]) >= 1, error.read()
        return False
    return True


@pytest.mark.slow
def test_dicomweb_client_stores_a_study_and_retrieves_its_result(web: Served) -> None:
    """https://dicomweb-client.readthedocs.io: what researchers use."""
    api = pytest.importorskip("dicomweb_client.api")
    client = api.DICOMwebClient(f"{web.url}dicomweb")
    instances = [dcmread(io.BytesIO(one)) for one in chest_files()]
    for few in (instances[:4], instances[4:]):  # in several requests, as archives do
        stored = client.store_instances(few)
        assert len(stored.ReferencedSOPSequence) == len(few)
    result = f"{web.url}dicomweb/studies/{STUDY}/metadata"
    wait_until(lambda: is_there(result), 120, every=0.2)
    headers = client.retrieve_study_metadata(STUDY)
    found = client.retrieve_study(STUDY)
    assert sorted(one.Modality for one in found) == sorted(
        Dataset.from_json(header).Modality for header in headers
    )
    report = next(one for one in found if one.Modality == "SR")
    assert report.StudyInstanceUID == STUDY
    alone = client.retrieve_instance(STUDY, report.SeriesInstanceUID, report.SOPInstanceUID)
    assert alone == report


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def orthanc(web: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Orthanc with its DICOMweb plug-in on loopback, which knows this server as `hilum`."""
    program = shutil.which("Orthanc")
    plugins = list(Path("/usr").glob("share/orthanc/plugins/libOrthancDicomWeb.so*"))
    if program is None or not plugins:
        pytest.skip("no Orthanc here: apt-get install orthanc orthanc-dicomweb")
    folder, port = tmp_path_factory.mktemp("orthanc"), free_port()
    settings = {
        "HttpPort": port, "DicomPort": free_port(), "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False, "StorageDirectory": str(folder),
        "Plugins": [str(plugins[0])], "DicomServerEnabled": False,
        "DicomWeb": {"Enable": True, "Servers": {"hilum": [f"{web.url}dicomweb/"]}},
    }  # fmt: skip
    (folder / "orthanc.json").write_text(json.dumps(settings))
    url = f"http://127.0.0.1:{port}"
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([program, str(folder / "orthanc.json")], stdout=log, stderr=log)
    try:
        for _ in range(300):
            assert process.poll() is None, (folder / "log").read_text()
            try:
                urlopen(f"{url}/system").read()
                break
            except OSError:
                time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def post(url: str, content: bytes) -> Any:
    return json.load(urlopen(Request(url, content, method="POST"), timeout=120))


@pytest.mark.slow
def test_orthanc_sends_a_study_and_fetches_its_result(web: Served, orthanc: str) -> None:
    sent = [post(f"{orthanc}/instances", one)["ID"] for one in chest_files(study="1.7")]
    (study,) = json.load(urlopen(f"{orthanc}/studies"))
    before = len(json.load(urlopen(f"{orthanc}/studies/{study}/instances")))
    assert before == len(sent)
    content = json.dumps({"Resources": [study], "Synchronous": True}).encode()
    post(f"{orthanc}/dicom-web/servers/hilum/stow", content)
    wait_until(lambda: is_there(f"{web.url}dicomweb/studies/1.7/metadata"), 120, every=0.2)
    content = json.dumps({"Resources": [{"Study": "1.7"}], "Synchronous": True}).encode()
    post(f"{orthanc}/dicom-web/servers/hilum/retrieve", content)
    after = json.load(urlopen(f"{orthanc}/studies/{study}/instances"))
    kinds = {
        json.load(urlopen(f"{orthanc}/instances/{one['ID']}/simplified-tags"))["Modality"]
        for one in after
    }
    assert len(after) > before and "SR" in kinds
