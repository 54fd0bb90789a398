"""The golden files: what hilum writes on a few phantoms stays as it is, file by file.

`python tests/test_golden.py --write` writes them again; when one may: tests/golden/README.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from golden_road import ENVIRONMENT, MACHINE
from golden_text import exact_hash, files_of, portable_text

TESTS = Path(__file__).resolve().parent
GOLDEN = TESTS / "golden"
HASHES = GOLDEN / "hashes.json"
FORMS = "other-files.txt"
"""What pictures, arrays and networks are, one a line: they have no text."""
WORTH_A_WORD = 200
"""Letters from which on a text that another file has too is not told again."""
SPOKEN = {".json", ".csv", ".html", ".svg", ".md", ".txt", ".toml"}


@dataclass(frozen=True)
class Walked:
    """What the road left.

    Attributes:
        texts: golden file -> its text, the same on every machine.
        hashes: written file -> hash of all but times.
        machine: what the hashes depend on besides.
    """

    texts: dict[str, str]
    hashes: dict[str, str]
    machine: dict[str, str]

    @property
    def fingerprint(self) -> str:
        """The machine in 16 digits."""
        return hashlib.sha256(json.dumps(self.machine).encode()).hexdigest()[:16]


def walk(folder: Path) -> Walked:
    """Go the road in a process of its own, and read what it wrote."""
    command = [sys.executable, str(TESTS / "golden_road.py"), str(folder)]
    source = str(TESTS.parent / "src")
    paths = os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": paths}
    for name in ("HILUM_WEIGHTS", "HILUM_CACHE_LIMIT", "RANK", "WORLD_SIZE"):
        environment.pop(name, None)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    content = json.loads((folder / MACHINE).read_text(encoding="utf-8"))
    files = files_of(folder)
    texts: dict[str, str] = {}
    seen: dict[str, str] = {}
    for name, path in files.items():
        text = portable_text(path, content["names"])
        if path.suffix in SPOKEN:
            first = seen.setdefault(text, name)
            shown = text if first == name or len(text) < WORTH_A_WORD else f"as {first}\n"
            part = f"{name.partition('/')[0]}.txt"
            texts[part] = texts.get(part, "") + f"=== {name}\n{shown}\n"
        else:
            texts[FORMS] = texts.get(FORMS, "") + f"{name}: {text}"
    hashes = {name: exact_hash(path, content["names"]) for name, path in files.items()}
    return Walked(texts, hashes, content["machine"])


def stored_hashes() -> dict[str, dict[str, dict[str, str]]]:
    """Return fingerprint -> the machine in words, and its hashes."""
    return dict(json.loads(HASHES.read_text(encoding="utf-8"))) if HASHES.is_file() else {}


def write() -> None:
    """Write the golden files again: texts, and this machine's hashes instead of all others'.

    Hashes of other machines are kept where the texts and this machine's own are as they were.
    """
    with tempfile.TemporaryDirectory() as folder:
        walked = walk(Path(folder) / "road")
    GOLDEN.mkdir(exist_ok=True)
    own = {"machine": walked.machine, "files": walked.hashes}
    stored = stored_hashes()
    known = stored.get(walked.fingerprint, own)
    retained = stored if known == own and texts_on_disk() == walked.texts else {}
    for path in GOLDEN.glob("*.txt"):
        path.unlink()
    for name, text in walked.texts.items():
        (GOLDEN / name).write_text(text, encoding="utf-8")
    content = json.dumps({**retained, walked.fingerprint: own}, indent=1, sort_keys=True)
    HASHES.write_text(content + "\n", encoding="utf-8")


def texts_on_disk() -> dict[str, str]:
    """Return golden file -> its text."""
    return {path.name: path.read_text(encoding="utf-8") for path in GOLDEN.glob("*.txt")}


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """The road, gone once."""
    return walk(tmp_path_factory.mktemp("golden") / "road")


def test_the_same_files_are_written(walked: Walked) -> None:
    assert sorted(walked.texts) == sorted(texts_on_disk())


@pytest.mark.parametrize("name", sorted(texts_on_disk()))
def test_all_but_the_numbers_is_as_it_was_on_any_machine(walked: Walked, name: str) -> None:
    assert walked.texts.get(name, "").splitlines() == texts_on_disk()[name].splitlines()


def test_every_byte_but_times_is_as_it_was_on_a_known_machine(walked: Walked) -> None:
    known = stored_hashes().get(walked.fingerprint)
    if known is None:
        pytest.skip(
            f"no hashes are stored for this machine ({walked.fingerprint}: "
            f"{walked.machine['processor']}, torch {walked.machine['torch']})"
        )
    before = known["files"]
    changed = [
        n for n in sorted({*before, *walked.hashes}) if before.get(n) != walked.hashes.get(n)
    ]
    assert changed == []


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python tests/test_golden.py --write")
    write()
