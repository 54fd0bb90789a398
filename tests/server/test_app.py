"""The application as a whole: its description, the page's files, and errors that nobody foresaw."""

from __future__ import annotations

from serving import Served


def test_the_description_names_every_address_and_problem_json(served: Served) -> None:
    content = served.ask("/openapi.json").json
    assert {"/predict", "/jobs", "/jobs/{job}/result", "/models", "/health"} <= set(
        content["paths"]
    )
    for path, methods in content["paths"].items():
        for method, operation in methods.items():
            described = [answer.get("content", {}) for answer in operation["responses"].values()]
            assert any("application/problem+json" in one for one in described), (path, method)
            assert operation["description"], (path, method)
    assert "ProblemAnswer" in content["components"]["schemas"]
    form = content["paths"]["/predict"]["post"]["requestBody"]["content"]
    assert form["multipart/form-data"]["schema"]["required"] == ["file"]


def test_the_page_and_its_files_are_served_and_no_others(served: Served) -> None:
    assert served.ask("/").headers["content-type"] == "text/html; charset=utf-8"
    assert served.ask("/viewer/viewer.css").status == 200
    for path in ("/viewer/..%2f__init__.py", "/viewer/../../etc/passwd", "/viewer/", "/docs",
                 "/redoc", "/viewer/index.html/", "//etc/passwd"):  # fmt: skip
        assert served.ask(path).kind == "not-found", path
