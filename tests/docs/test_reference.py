"""The reference pages say all there is: commands, columns, recipe keys, public names, words."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import tomllib
from inspect import signature
from itertools import islice
from pathlib import Path
from types import ModuleType

import pytest

import hilum
from hilum.audit import design
from hilum.recipe import Recipe, built_in_recipes
from hilum.run import Run
from hilum.sources import SOURCES
from hilum.steps.networks import describe_cuts
from hilum.table import OPTIONAL_COLUMNS, REQUIRED_COLUMNS

HERE = Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs"

GLOSSARY = (
    "slice", "series", "study", "patient", "group", "source", "split", "fold", "label",
    "class names", "box", "mask", "cam_map", "window", "HU", "probability", "score", "threshold",
    "recipe", "run", "ensemble", "member", "weights", "prediction", "concern",
)  # fmt: skip


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    """The script that writes the pages of commands and networks."""
    spec = importlib.util.spec_from_file_location("write_reference", HERE / "write_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_the_commands_is_what_their_help_says_now(writer: ModuleType) -> None:
    assert page("reference/commands.md") == writer.reference(), "run: make docs"


def test_the_page_does_not_depend_on_the_terminal(
    writer: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = writer.reference()
    monkeypatch.setenv("COLUMNS", "40")
    assert writer.reference() == wide


def test_every_command_is_on_the_page(writer: ModuleType) -> None:
    headings = re.findall(r"^## (.+)$", page("reference/commands.md"), re.MULTILINE)
    assert headings == writer.commands()
    assert {"hilum train", "hilum data build", "hilum predict"} <= set(headings)


def test_the_page_of_the_networks_begins_with_what_the_first_two_are(
    writer: ModuleType, quick_initialisation: None
) -> None:
    for row in islice(describe_cuts(), 4):
        assert f"{writer.cut_line(row)}\n" in page("reference/networks.md"), "run: make docs"


@pytest.mark.slow
def test_the_page_of_the_networks_is_what_they_are(
    writer: ModuleType, quick_initialisation: None
) -> None:
    assert page("reference/networks.md") == writer.networks(), "run: make docs"


def test_every_public_name_of_python_is_listed_in_order() -> None:
    listed = re.findall(r"^- `(\w+)[`(]", page("reference/python.md"), re.MULTILINE)
    assert listed == list(hilum.__all__)


def test_the_page_of_python_has_every_argument_as_it_is_now(writer: ModuleType) -> None:
    assert page("reference/python.md") == writer.python(), "run: make docs"


def test_every_argument_is_explained_in_its_docstring() -> None:
    functions = [getattr(hilum, name) for name in hilum.__all__ if name.islower()]
    missing = [
        f"{function.__name__}: {argument}"
        for function in functions
        for argument in inspect.signature(function).parameters
        if not re.search(rf"\b{argument}\b", function.__doc__ or "")
    ]
    assert missing == []


def test_each_line_of_args_names_one_argument() -> None:
    wrong = []
    for name in hilum.__all__:
        function = getattr(hilum, name)
        described = re.search(r"^ *Args:\n((?:        .+\n|\n)+)", function.__doc__ or "", re.M)
        if not described or isinstance(function, type):
            continue
        entries = re.findall(r"^ {8}(\S[^:]*):", described[1], re.M)
        wrong += [
            f"{name}: {e}" for e in entries if e not in inspect.signature(function).parameters
        ]
    assert wrong == []


def test_the_page_of_python_does_not_depend_on_the_machine(writer: ModuleType) -> None:
    text = writer.python()
    assert " at 0x" not in text
    assert "PosixPath" not in text
    assert "    out: Path | str,\n" in text


def test_every_key_of_a_recipe_is_explained() -> None:
    content = dict(
        re.findall(r"^\| `([\w.]+)` \| ([^|]+) \|", page("how-to/recipes.md"), re.MULTILINE)
    )
    assert content == {key: f"`{default}`" for key, default in _keys().items()}


def _keys() -> dict[str, str]:
    """Return section.key -> default as the page writes it."""
    keys = {}
    for name, field in Recipe.model_fields.items():
        below = getattr(field.annotation, "model_fields", None)
        for key, inner in (below or {"": field}).items():
            default = "needed" if inner.is_required() else inner.default
            shown = list(default) if isinstance(default, tuple) else default
            text = f'"{shown}"' if isinstance(shown, str) and shown != "needed" else str(shown)
            keys[f"{name}.{key}".rstrip(".")] = text.lower() if text in ("True", "False") else text
    return keys


@pytest.mark.parametrize("column", [*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS])
def test_every_column_of_the_table_is_explained(column: str) -> None:
    assert f"| `{column}` |" in page("reference/files.md")


def test_every_file_of_a_run_is_explained() -> None:
    run = Run(Path("run"))
    files = [
        key
        for key, value in vars(Run).items()
        if isinstance(value, property) and signature(value.fget).return_annotation == "Path"
    ]
    names = {getattr(run, key).name for key in files}
    assert len(names) > 8
    missing = {name for name in names if f"`{name}" not in page("reference/files.md")}
    assert missing == set()


@pytest.mark.parametrize("word", GLOSSARY)
def test_every_word_is_in_the_glossary(word: str) -> None:
    glossary = page("concepts.md").partition("## Glossary")[2]
    assert f"**{word}**" in glossary


@pytest.mark.parametrize("level", [design.CONFOUNDED, design.PARTLY, design.CROSSED, design.SINGLE])
def test_every_level_of_the_design_verdict_is_explained(level: str) -> None:
    assert f"| `{level}` |" in page("concepts.md")


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_every_source_is_named(source: str) -> None:
    assert f"`{source}`" in page("how-to/own-slices.md")


@pytest.mark.parametrize("recipe", sorted(built_in_recipes()))
def test_every_built_in_recipe_is_named(recipe: str) -> None:
    assert f"`{recipe}`" in page("how-to/recipes.md")


def test_links_between_pages_lead_somewhere() -> None:
    root = DOCS.parent
    pages = [*DOCS.rglob("*.md"), root / "CONTRIBUTING.md", root / "CHANGELOG.md"]
    links = [(file, to) for file in pages for to in re.findall(r"\]\(([^)\s]+)\)", _prose(file))]
    broken = [(file.name, to) for file, to in links if not _resolves(file, to)]
    assert broken == []
    assert len(links) > 20


def _prose(file: Path) -> str:
    """Return the text of a page without its code blocks."""
    return re.sub(r"^```.*?^```$", "", file.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def _resolves(file: Path, link: str) -> bool:
    """Whether a link's file is there, and its heading too; links out of the project count."""
    if link.startswith(("https://", "mailto:")):
        return True
    name, _, heading = link.partition("#")
    target = (file.parent / name).resolve() if name else file
    if not target.exists():
        return False
    return not heading or heading in _headings(target)


def _headings(file: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", _prose(file), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_house_is_shown_in_its_order() -> None:
    text = (DOCS.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rooms = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    tree = ast.parse((DOCS.parent / "tests" / "test_house.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ROOMS":
            assert rooms == [room for room in ast.literal_eval(node.value) if room != "__main__"]
            return
    pytest.fail("tests/test_house.py has no ROOMS any more")


def test_every_question_of_the_map_is_answered_by_a_file_that_holds_the_name() -> None:
    text = (DOCS.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    answers = re.findall(r"^\| [^|]+\? \| `([^`]+)` \| `(\w+)` \|$", text, re.MULTILINE)
    assert len(answers) >= 30
    assert len(set(answers)) == len(answers)
    package = DOCS.parent / "src" / "hilum"
    wrong = [(file, name) for file, name in answers if name not in _defined(package / file)]
    assert wrong == []


def _defined(file: Path) -> set[str]:
    """Return what a module binds at its top level; nothing where there is no such file."""
    if file.suffix == ".js" and file.is_file():
        return set(re.findall(r"^export function (\w+)", file.read_text("utf-8"), re.MULTILINE))
    names: set[str] = set()
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else ast.Module([], [])
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def test_the_citation_names_this_version_and_licence() -> None:
    text = (DOCS.parent / "CITATION.cff").read_text(encoding="utf-8")
    output = dict(re.findall(r"^([\w-]+): (.+)$", text, re.MULTILINE))
    settings = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))
    project = settings["project"]
    assert output["cff-version"] == "1.2.0"
    assert output["title"] == project["name"]
    assert output["version"] == settings["tool"]["setuptools_scm"]["fallback_version"]
    assert output["license"] == project["license"]
