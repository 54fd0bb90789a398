"""The repository of ct-pneumonia on a test's own web site, much smaller."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

from hilum.catalogue.collections import known_collections

REPOSITORY = "ReiCHU31/CT-pneumonia-dataset"


COMMIT = known_collections()["ct-pneumonia"].parts[0].commit


TREE = f"/repos/{REPOSITORY}/git/trees/{COMMIT}?recursive=1"


SLICES = {
    f"Pneumonia - PTS/0001-0200/{n:04d}.png": random.Random(n).randbytes(1000 + n)
    for n in range(30)
}


REPO_FILES = {**SLICES, "[Pneumonia] Metadata.xlsx": b"workbook", "README.md": b"# read"}


def blob_sha(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def tree_of(files: dict[str, bytes], **more: object) -> bytes:
    entries = [
        {"path": path, "type": "blob", "size": len(content), "sha": blob_sha(content)}
        for path, content in files.items()
    ]
    folders = [{"path": "Pneumonia - PTS", "type": "tree", "sha": "0" * 40}]
    return json.dumps(
        {"sha": "1" * 40, "tree": folders + entries, "truncated": False, **more}
    ).encode()


def raw(path: str) -> str:
    return f"/{REPOSITORY}/{COMMIT}/{path}"


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("SOURCE.md", "CHECKSUMS.sha256", ".fetch.lock")
    }
