"""The pages do what they say: every command and every line of Python in them is run.

A comment right before a block says what is special about it: `not run: reason`, `file: name` (the
block is saved under that name), `stopped after epoch 1` (the command is interrupted there), or
`until the end of the page` (the command runs in a process of its own, which is then interrupted).
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
import typer

from hilum.cli.app import app, main

pytestmark = pytest.mark.usefixtures("blank_drawings", "few_resamples", "rough_measures")

DOCS = Path(__file__).resolve().parents[2] / "docs"
FIRST, MAPS = "get-started.md", "explain.md"
OTHERS = sorted(
    file.relative_to(DOCS).as_posix() for file in DOCS.rglob("*.md") if file != DOCS / FIRST
)

NOT_RUN = {
    "data.md": 3,
    "explain.md": 3,
    "get-started.md": 5,
    "how-to/audit.md": 1,
    "how-to/cross-validation.md": 1,
    "how-to/elsewhere.md": 1,
    "how-to/export.md": 1,
    "how-to/random-labels.md": 1,
    "how-to/recipes.md": 1,
    "how-to/sanity.md": 1,
    "how-to/serve.md": 1,
    "how-to/several-processes.md": 3,
    "how-to/weights.md": 5,
    "results.md": 4,
    "trust.md": 1,
}
"""Blocks that can't be run here, page by page: another one has to be counted, and defended."""

FEW = {"how-to/clean.md": 6, "how-to/harmonise.md": 6}
"""Pages that work on every slice for long, and how many slices of each class there are for them."""

LONG = {
    f"how-to/{page}.md"
    for page in ("audit", "clean", "compare", "cross-validation", "elsewhere", "ensembles",
                 "explain", "random-labels", "resume", "sanity", "seeds", "series", "tune")
}  # fmt: skip
"""Pages whose commands compute for long: followed in `make test-slow`; `make test` looks whether
what they type is a command with such options."""

LANGUAGES = {"console", "csv", "python", "text", "toml"}


UNTIL_THE_END = "until the end of the page"


class Block(NamedTuple):
    """A fenced block: the comment before it (or ""), its language, its text, its first line."""

    remark: str
    language: str
    text: str
    line: int


def blocks_of(page: str) -> list[Block]:
    """Return the fenced blocks of a page."""
    text = (DOCS / page).read_text(encoding="utf-8")
    pattern = r"(?:^<!-- ([^\n]+) -->\n)?^```(\w*)\n(.*?)^```$"
    return [
        Block(found[1] or "", found[2], found[3], text.count("\n", 0, found.start(3)) + 1)
        for found in re.finditer(pattern, text, re.MULTILINE | re.DOTALL)
    ]


def is_run(block: Block) -> bool:
    return not block.remark.startswith("not run: ")


class Reader:
    """Somebody who types in what a page says, in a folder of their own."""

    def __init__(self, page: str) -> None:
        self.page, self.code, self.names = page, 0, {"__name__": "page"}

    def follow(self) -> None:
        """Do what the page says, block by block."""
        with contextlib.ExitStack() as processes:
            self._follow(processes)

    def _follow(self, processes: contextlib.ExitStack) -> None:
        for block in blocks_of(self.page):
            if not is_run(block):
                continue
            if block.remark.startswith("file: "):
                Path(block.remark.removeprefix("file: ")).write_text(block.text, encoding="utf-8")
            elif block.language == "python":
                where = f"{self.page}, line {block.line}"
                exec(compile("\n" * (block.line - 1) + block.text, where, "exec"), self.names)
            elif block.remark == UNTIL_THE_END:
                processes.enter_context(running(block, self.page))
            elif block.language == "console":
                with stopped_after_one_epoch() if block.remark else contextlib.nullcontext():
                    self._type(block)

    def _type(self, block: Block) -> None:
        """Run the commands of a block; what it shows of their output must be there, in order."""
        typed = re.split(r"^\$ ", block.text.replace("\\\n", " "), flags=re.MULTILINE)
        assert typed[0] == "", f"{self.page}, line {block.line}: a command begins with $"
        for number, part in enumerate(typed[1:], start=1):
            command, _, shown = part.partition("\n")
            output = self._run(command)
            where = f"{self.page}, line {block.line}: {command}"
            checked = number < len(typed) - 1 and typed[number + 1].startswith("echo $?")
            assert self.code == 0 or checked or command == "echo $?", f"{where}\n{output}"
            assert_shown(shown, output, where)

    def _run(self, command: str) -> str:
        """Run one command in this process; return what it said, on stdout and stderr."""
        if command == "echo $?":
            return str(self.code)
        words = shlex.split(command)
        if words[0] == "curl" and shutil.which("curl"):
            done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
            self.code = done.returncode
            return done.stdout + done.stderr
        assert words[0] == "hilum", f"{self.page}: only hilum can be typed here, not {words[0]}"
        shown_text = io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", words)
            with contextlib.redirect_stdout(shown_text), contextlib.redirect_stderr(shown_text):
                try:
                    main()
                    self.code = 0
                except SystemExit as end:
                    self.code = int(end.code or 0)
        return shown_text.getvalue()


@contextlib.contextmanager
def running(block: Block, page: str) -> Iterator[None]:
    """Run a command that goes on until it is interrupted; what it shows must come first."""
    command, _, shown = block.text.removeprefix("$ ").partition("\n")
    words = [sys.executable, "-m", *shlex.split(command)]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            output = "".join(process.stdout.readline() for _ in shown.splitlines())
            assert_shown(shown, output, f"{page}, line {block.line}: {command}")
            yield
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
        finally:
            process.kill()


def assert_shown(shown: str, output: str, where: str) -> None:
    """Check that the lines shown stand in the output in this order; "..." is anything at all."""
    rest = output.splitlines()
    for line in shown.splitlines():
        pattern = ".*".join(map(re.escape, line.split("...")))
        hits = [
            location
            for location, shown_text in enumerate(rest)
            if re.fullmatch(pattern, shown_text.rstrip())
        ]
        assert hits or not line.strip(". "), f"{where}\nshows: {line}\nbut it says:\n{output}"
        rest = rest[hits[0] + 1 :] if line.strip(". ") else rest


@contextlib.contextmanager
def stopped_after_one_epoch() -> Iterator[None]:
    """Press Ctrl-C when the first epoch is saved."""
    from hilum.learn.checkpoint import save_checkpoint

    def save_and_stop(*args: object) -> None:
        save_checkpoint(*args)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hilum.learn.fit.save_checkpoint", save_and_stop)
        yield


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Networks this small are slower on several threads, which wait for each other."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def started(one_thread: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of somebody who has followed the first page."""
    folder = tmp_path_factory.mktemp("started")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("HILUM_WEIGHTS", raising=False)
        Reader(FIRST).follow()
    return folder


def test_the_first_page_does_what_it_says(started: Path) -> None:
    assert (started / "runs" / "first" / "report.html").is_file()
    assert (started / "predictions.csv").is_file()


@pytest.fixture(scope="module")
def explained(started: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of somebody who has then followed the page on maps."""
    folder = shutil.copytree(started, tmp_path_factory.mktemp("explained") / "folder")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("HILUM_WEIGHTS", raising=False)
        Reader(MAPS).follow()
    return folder


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[pytest.mark.slow] if page in LONG else [])
        for page in OTHERS
        if page != MAPS
    ],
)
def test_every_other_page_does_what_it_says(
    page: str, started: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(started, tmp_path / "folder")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("HILUM_WEIGHTS", raising=False)
    if page in FEW:
        keep_slices(folder, FEW[page])
    Reader(page).follow()


def keep_slices(folder: Path, count: int) -> None:
    """Remove all but `count` slices of each class, and their rows."""
    rows = pd.read_csv(folder / "slices.csv", dtype=str, keep_default_na=False)
    retained = rows.groupby("label").head(count)
    for path in set(rows["path"]) - set(retained["path"]):
        (folder / path).unlink()
    retained.to_csv(folder / "slices.csv", index=False)


@pytest.mark.parametrize("page", [FIRST, *OTHERS])
def test_no_page_has_more_blocks_that_are_not_run_than_are_counted(page: str) -> None:
    left_out = [block for block in blocks_of(page) if not is_run(block)]
    assert len(left_out) == NOT_RUN.get(page, 0)


@pytest.mark.parametrize("page", [FIRST, *OTHERS])
def test_every_command_that_a_page_types_has_these_options(page: str) -> None:
    """Those of blocks that aren't run and of pages that `make test-slow` follows, too."""
    typed = [
        command
        for block in blocks_of(page)
        if block.language == "console"
        for command in re.findall(r"^\$ (hilum .+)$", block.text.replace("\\\n", " "), re.MULTILINE)
    ]
    for command in typed:
        assert_understood(shlex.split(command, comments=True)[1:], f"{page}: {command}")


def assert_understood(words: list[str], where: str) -> None:
    """Check that a command with these options exists, without running it or opening a file."""
    command: Any = typer.main.get_command(app)
    while inner := getattr(command, "commands", None):
        assert words and (words[0] in inner or words[0].startswith("--")), where
        if words[0].startswith("--"):
            break
        command, words = inner[words[0]], words[1:]
    parser = command.make_parser(command.context_class(command))
    try:
        parser.parse_args(list(words))
    except Exception as error:
        raise AssertionError(f"{where}\n{error}") from error


@pytest.mark.parametrize("page", [FIRST, *OTHERS])
def test_every_block_says_what_it_is(page: str) -> None:
    blocks = blocks_of(page)
    assert {block.language for block in blocks} <= LANGUAGES
    remarks = {block.remark.partition(":")[0] for block in blocks}
    assert remarks <= {"", "not run", "file", "stopped after epoch 1", UNTIL_THE_END}
    fences = re.findall(r"^```", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert len(fences) == 2 * len(blocks)


def test_lines_that_are_shown_must_be_said_in_their_order() -> None:
    assert_shown("one\n...\nthree ... five\n", "one\ntwo\nthree four five\n", "here")
    with pytest.raises(AssertionError, match="shows: two"):
        assert_shown("three\ntwo\n", "two\nthree\n", "here")


@pytest.mark.parametrize(
    "name", ["slices.csv", "history.csv", "predictions.csv", "maps/index.csv", "maps/shown.csv"]
)
def test_every_column_that_a_run_writes_is_explained(started: Path, name: str) -> None:
    header = (started / "runs" / "first" / name).read_text(encoding="utf-8").partition("\n")[0]
    explained = (DOCS / "reference" / "files.md").read_text(encoding="utf-8")
    columns = [re.sub(r"^probability_.+", "probability_<class>", c) for c in header.split(",")]
    assert [column for column in columns if f"`{column}`" not in explained] == []


@pytest.mark.parametrize("name", ["metrics.json", "network.json", "environment.json"])
def test_every_key_that_a_run_writes_is_explained(started: Path, name: str) -> None:
    assert_keys_explained(started / "runs" / "first" / name)


def test_the_page_on_maps_does_what_it_says_and_every_key_of_localisation_is_explained(
    explained: Path,
) -> None:
    assert_keys_explained(explained / "runs" / "boxed" / "localisation.json")


def assert_keys_explained(file: Path) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    explained = (DOCS / "reference" / "files.md").read_text(encoding="utf-8")
    assert [key for key in _keys(content) if f"`{key}`" not in explained] == []


def _keys(content: object) -> Iterator[str]:
    """Yield the keys of a JSON object and of the objects in it, but those that the data name."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key not in {"train", "validation", "test"}:
                yield key
            if key not in {"by_class", "by_label", "packages"}:
                yield from _keys(value)


def test_nothing_that_a_run_writes_is_left_out(started: Path) -> None:
    explained = (DOCS / "reference" / "files.md").read_text(encoding="utf-8")
    names = [path.name for path in (started / "runs" / "first").iterdir()]
    assert [name for name in names if f"| `{name}` |" not in explained] == []


@pytest.mark.parametrize("words", [["train", "t.csv", "--no-such"], ["nosuch"], ["data", "x", "y"]])
def test_a_command_that_is_none_is_caught(words: list[str]) -> None:
    with pytest.raises(AssertionError, match="page"):
        assert_understood(words, "page")


FAULTS = {
    "a refusal that the page does not announce": "```console\n$ hilum recipes nosuch\n```\n",
    "another exit code": "```console\n$ hilum recipes nosuch\n$ echo $?\n1\n```\n",
    "output that does not come": "```console\n$ hilum recipes\nnosuch ...\n```\n",
    "another program": "```console\n$ ls\n```\n",
    "a claim in Python that is wrong": "```python\nassert 1 == 2\n```\n",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_page_that_says_something_wrong_is_caught(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.md").write_text(FAULTS[fault], encoding="utf-8")
    monkeypatch.setitem(globals(), "DOCS", tmp_path)
    with pytest.raises(AssertionError):
        Reader("page.md").follow()


def test_a_page_that_is_right_about_a_refusal_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "```console\n$ hilum recipes nosuch\nhilum: there is no recipe ...\n$ echo $?\n2\n```\n"
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    monkeypatch.setitem(globals(), "DOCS", tmp_path)
    Reader("page.md").follow()
