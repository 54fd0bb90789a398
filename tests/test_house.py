"""The house rules: who may import whom, how long a thing may be, what is nowhere to be found."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1] / "src"

ROOMS = (
    "errors",
    "progress",
    "bars",
    "html_table",
    "processes",
    "storage",
    "boxes",
    "readers",
    "table",
    "duplicates",
    "identity",
    "catalogue",
    "fetch",
    "sources",
    "prepare",
    "splits",
    "recipe",
    "run",
    "cam_maps",
    "engines",
    "scores",
    "learn",
    "audit",
    "report",
    "dicom_out",
    "steps",
    "viewer",
    "server",
    "cli",
    "__main__",
)
"""From the ground up: a room sees itself and the rooms that stand before it here."""

STEPS: tuple[frozenset[str], ...] = (
    frozenset({"classes", "same_slices"}),
    frozenset({"predict", "explain"}),
    frozenset({"evaluate", "localise", "sanity", "ensemble", "figure", "series"}),
    frozenset({"compare", "export", "train", "finish"}),
    frozenset({"tune", "demo"}),
)
"""Floors of the steps: a step imports itself and the floors below its own."""
FREE_STEPS = frozenset(
    {"audit", "card", "clean", "describe", "doctor", "duplicates", "harmonise", "info", "networks"}
)
"""Steps that import no other step and are imported by none."""

FILE_LINES, BODY_LINES, PARAMETERS = 400, 60, 7
SIDE_BY_SIDE, LOOSE_STEPS = 20, 9
"""Modules in one folder, the command line apart; modules of `steps` that have no folder."""
HEAVY = {"torch", "torchvision", "timm", "accelerate"}
NETWORK_STEPS = {
    "demo", "explain", "export", "figure", "finish", "localise", "sanity", "train", "tune",
}  # fmt: skip
"""Steps that do nothing without a network: importing them may load torch, by way of learn."""
PICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
NAMELESS = {"util", "utils", "helper", "helpers", "common", "misc"}

MIRRORED_LINES = 100
"""A longer module has its tests in the mirrored place: `tests/<room>/test_<module>.py`."""
FOLDS = "tests/cli/test_folds.py: one cross-validation, trained and evaluated once"
SEEDS = "tests/cli/test_seeds.py: one repeated training"
EVALUATED = "tests/cli/test_evaluate.py: one run, evaluated once"
AUDITED = "tests/steps/audit/test_step.py: one audit with every check"
SERIES = "tests/steps/series/test_step.py: studies drawn once"
UNMIRRORED = {
    "hilum.cli.evaluate_elsewhere": EVALUATED,
    "hilum.prepare.decoding": "tests/prepare/test_decoded.py: decoding is tried where it is stored",
    "hilum.steps.audit.checks": AUDITED,
    "hilum.steps.audit.of_run": AUDITED,
    "hilum.steps.evaluate.elsewhere_metrics": "tests/steps/evaluate/test_elsewhere.py: one run",
    "hilum.steps.evaluate.folds": FOLDS,
    "hilum.steps.evaluate.step": EVALUATED,
    "hilum.steps.explain.one_slice": "tests/steps/explain/test_step.py: one network",
    "hilum.steps.sanity.other_runs": "tests/steps/sanity/test_step.py: one network",
    "hilum.steps.series.answer": SERIES,
    "hilum.steps.series.compute": SERIES,
    "hilum.steps.train.cross_validate": FOLDS,
    "hilum.steps.train.members": SEEDS,
    "hilum.steps.train.repeat_training": SEEDS,
}
"""Long modules without a test file of their name -> the file that tests them, and what is so costly
that it is made once, there."""

BANNED = {"told", "said", "asked", "kept", "whole", "place", "beside", "anew"}
"""Names of nothing in particular: a variable is called by what it holds."""

Sources = dict[str, str]
"""Module name -> its text."""


@cache
def sources_of_hilum() -> Sources:
    return {name_of(path): path.read_text(encoding="utf-8") for path in ROOT.rglob("hilum/**/*.py")}


@cache
def parsed(text: str) -> ast.Module:
    """Return the syntax tree of a module's text; each is parsed once for all rules."""
    return ast.parse(text)


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    return [*module.split("."), ""][1]


def step_of(module: str) -> str:
    return [*module.split("."), "", ""][2] if room_of(module) == "steps" else ""


def imports(module: str, text: str, modules: Sources) -> Iterator[str]:
    """Every module that `module` names in an import, at its top or inside a function."""
    for node in ast.walk(parsed(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            origin = str(node.module)
            for alias in node.names:
                deeper = f"{origin}.{alias.name}"
                yield deeper if deeper in modules else origin


def upward_imports(modules: Sources) -> list[str]:
    broken = []
    for module, text in modules.items():
        if module == "hilum":
            continue
        for target in imports(module, text, modules):
            if target.split(".")[0] != "hilum":
                continue
            here, there = room_of(module), room_of(target)
            allowed = here in ROOMS and there in ROOMS[: ROOMS.index(here) + 1]
            if not allowed:
                broken.append(f"{module} imports {target}")
    return broken


def torch_outside_learn(modules: Sources) -> list[str]:
    return [
        f"{module} imports {target}"
        for module, text in modules.items()
        if room_of(module) != "learn"
        for target in imports(module, text, modules)
        if target.split(".")[0] in HEAVY
    ]


def steps_out_of_order(modules: Sources) -> list[str]:
    """Steps that import one of their own floor or above, and steps that stand on no floor."""
    floors = {step: floor for floor, steps in enumerate(STEPS) for step in steps}
    broken = []
    for module, text in modules.items():
        here = step_of(module)
        if not here:
            continue
        if here not in floors and here not in FREE_STEPS:
            broken.append(f"{module} stands on no floor")
        for there in map(step_of, imports(module, text, modules)):
            allowed = floors.get(there, len(STEPS)) < floors.get(here, 0)
            if there and there != here and not allowed:
                broken.append(f"{module} imports the step {there}")
    return broken


def children(modules: Sources) -> dict[str, set[str]]:
    """Package -> the modules and packages directly in it."""
    found: dict[str, set[str]] = {}
    for module in modules:
        package, _, name = module.rpartition(".")
        if package:
            found.setdefault(package, set()).add(name)
    return found


def crowded_folders(modules: Sources) -> list[str]:
    inside = children(modules)
    files = {
        package: [name for name in names if f"{package}.{name}" not in inside]
        for package, names in inside.items()
    }
    crowded = [
        f"{package} holds {len(names)} modules"
        for package, names in files.items()
        if room_of(package) != "cli" and len(names) > SIDE_BY_SIDE
    ]
    loose = files.get("hilum.steps", [])
    return crowded + [f"{len(loose)} steps without a folder"] * (len(loose) > LOOSE_STEPS)


def steps_without_step(modules: Sources) -> list[str]:
    """Folders of `steps` in which no file is called step.py."""
    return [
        package
        for package, names in children(modules).items()
        if package.startswith("hilum.steps.") and "step" not in names
    ]


def classes_of_one_name(modules: Sources) -> list[str]:
    """Names of classes that two modules define at their top."""
    homes: dict[str, list[str]] = {}
    for module, text in modules.items():
        for node in parsed(text).body:
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(module)
    return [f"{name}: {', '.join(found)}" for name, found in homes.items() if len(found) > 1]


def cycles(modules: Sources) -> list[str]:
    """Modules from which a path of imports, deferred ones included, leads back to them."""
    edges = {
        module: {target for target in imports(module, text, modules) if target in modules}
        for module, text in modules.items()
    }
    found = []
    for module in modules:
        seen: set[str] = set()
        todo = list(edges[module])
        while todo:
            target = todo.pop()
            if target not in seen:
                seen.add(target)
                todo += edges[target]
        if module in seen:
            found.append(module)
    return found


def nameless_modules(modules: Sources) -> list[str]:
    return [module for module in modules if NAMELESS & set(module.split("."))]


def silent_modules(modules: Sources) -> list[str]:
    """Modules that do not open with a sentence."""
    return [module for module, text in modules.items() if not ast.get_docstring(parsed(text))]


def public_order(name: str) -> tuple[int, list[tuple[int, int, str]]]:
    """Constants, then classes, then functions; numbers inside a name count as numbers."""
    kind = 0 if name.isupper() else 1 if name[0].isupper() else 2
    pieces = re.findall(r"\d+|\D+", name)
    return kind, [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in pieces]


def literal_all(text: str) -> list[str] | None:
    for node in parsed(text).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return ast.literal_eval(node.value) if isinstance(node.value, ast.List) else None
    return None


def defined(text: str) -> set[str]:
    names: set[str] = set()
    for node in parsed(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return names


def unsorted_or_false_all(modules: Sources) -> list[str]:
    broken = []
    for module, text in modules.items():
        public = literal_all(text)
        if public is None:
            continue
        if public != sorted(public, key=public_order):
            broken.append(f"{module}: __all__ is not sorted")
        broken += [f"{module}: no {name}" for name in public if name not in defined(text)]
    return broken


def functions(text: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(parsed(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body, its docstring not counted."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def too_long(modules: Sources) -> list[str]:
    files = [name for name, text in modules.items() if len(text.splitlines()) > FILE_LINES]
    return files + [
        f"{module}.{function.name}"
        for module, text in modules.items()
        for function in functions(text)
        if body_lines(function) > BODY_LINES
    ]


def too_many_parameters(modules: Sources) -> list[str]:
    broken = []
    for module, text in modules.items():
        for function in functions(text) if room_of(module) != "cli" else ():
            a = function.args
            given = [p.arg for p in (*a.posonlyargs, *a.args, *a.kwonlyargs)]
            if len([name for name in given if name not in ("self", "cls")]) > PARAMETERS:
                broken.append(f"{module}.{function.name}")
    return broken


def prints(modules: Sources) -> list[str]:
    return [
        module
        for module, text in modules.items()
        if room_of(module) != "cli"
        for node in ast.walk(parsed(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "sys.stdout.write")
    ]


def runs_foreign_code(modules: Sources) -> list[str]:
    """Modules that read pickles or run text as code."""
    broken = []
    for module, text in modules.items():
        names = {target.split(".")[0] for target in imports(module, text, modules)}
        broken += [f"{module} imports {name}" for name in sorted(names & PICKLES)]
        for node in ast.walk(parsed(text)):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            if called in ("eval", "exec", "torch.load") or called.endswith("read_pickle"):
                broken.append(f"{module} calls {called}")
            for given in node.keywords:
                if given.arg == "allow_pickle" and ast.unparse(given.value) != "False":
                    broken.append(f"{module} allows pickles")
    return broken


def banned_names(modules: Sources) -> list[str]:
    """Functions, classes, parameters and variables that bear a banned name."""
    broken = []
    for module, text in modules.items():
        for node in ast.walk(ast.parse(text)):
            name = ""
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = node.name
            elif isinstance(node, ast.arg):
                name = node.arg
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                name = node.id
            if name.strip("_") in BANNED:
                broken.append(f"{module}, line {node.lineno}: {name}")
    return broken


def untested_modules(modules: Sources, tests: set[str]) -> list[str]:
    """Modules of more than MIRRORED_LINES lines, and steps, without a test file of their name.

    Args:
        modules: name -> text.
        tests: paths of test files below `tests/`.
    """
    packages, broken = children(modules), []
    for module, text in modules.items():
        long = len(text.splitlines()) > MIRRORED_LINES or module.endswith(".step")
        folders, _, name = module.removeprefix("hilum.").replace(".", "/").rpartition("/")
        mirrored = f"{folders}/test_{name}.py" if folders else f"test_{name}.py"
        if module not in packages and long and mirrored not in tests:
            broken.append(f"{module} has no tests/{mirrored}")
    return broken


Rule = Callable[[Sources], list[str]]

RULES: dict[str, tuple[Rule, Sources]] = {
    "no room imports a room above it": (
        upward_imports,
        {"hilum.boxes": "def f():\n from hilum import table", "hilum.table": ""},
    ),
    "every module belongs to a room": (
        upward_imports,
        {"hilum.attic": "import hilum.errors", "hilum.errors": ""},
    ),
    "the package itself is imported by nobody inside": (
        upward_imports,
        {"hilum.steps.x": "import hilum", "hilum": ""},
    ),
    "only learn knows torch": (
        torch_outside_learn,
        {"hilum.steps.evaluate": "def f():\n from torch.nn import Module"},
    ),
    "a step imports only steps of lower floors": (
        steps_out_of_order,
        {
            "hilum.steps.explain.step": "def f():\n from hilum.steps.localise import localise",
            "hilum.steps.localise": "",
        },
    ),
    "steps of one floor don't import each other": (
        steps_out_of_order,
        {"hilum.steps.evaluate.step": "from hilum.steps.localise import localise"},
    ),
    "free steps are imported by nobody": (
        steps_out_of_order,
        {"hilum.steps.train.step": "from hilum.steps.describe import describe"},
    ),
    "every step stands on a floor": (steps_out_of_order, {"hilum.steps.attic": ""}),
    "every folder of steps has its step.py": (
        steps_without_step,
        {"hilum.steps.compare": "", "hilum.steps.compare.runs": ""},
    ),
    "few steps have no folder": (
        crowded_folders,
        {f"hilum.steps.s{number}": "" for number in range(LOOSE_STEPS + 1)},
    ),
    "few files stand side by side": (
        crowded_folders,
        {f"hilum.scores.s{number}": "" for number in range(SIDE_BY_SIDE + 1)},
    ),
    "no two classes have one name": (
        classes_of_one_name,
        {"hilum.scores.a": "class Panel: ...", "hilum.report.b": "class Panel: ..."},
    ),
    "no import cycles, deferred ones included": (
        cycles,
        {
            "hilum.scores.a": "from hilum.scores import b",
            "hilum.scores.b": "def f():\n from hilum.scores.a import x",
        },
    ),
    "no room for things without a name": (nameless_modules, {"hilum.readers.utils": ""}),
    "every module opens with a sentence": (silent_modules, {"hilum.errors": "X = 1"}),
    "what is public is sorted": (
        unsorted_or_false_all,
        {"hilum.errors": "__all__ = ['b', 'A']\nA = b = 1"},
    ),
    "what is public exists": (unsorted_or_false_all, {"hilum.errors": "__all__ = ['gone']"}),
    "files are short": (too_long, {"hilum.errors": "\n" * (FILE_LINES + 1)}),
    "function bodies are short": (
        too_long,
        {"hilum.errors": "def f():\n '''Doc.'''\n" + " x = 1\n" * (BODY_LINES + 1)},
    ),
    "parameters are few": (
        too_many_parameters,
        {"hilum.errors": "class A:\n def f(self, a, b, c, d, *, e, f, g, h): ..."},
    ),
    "only the command line prints": (prints, {"hilum.steps.train": "def f():\n print(1)"}),
    "no variable is called by a word that says nothing of it": (
        banned_names,
        {"hilum.errors": "def f(_, /, told):\n return told"},
    ),
    "no torch.load": (runs_foreign_code, {"hilum.learn.x": "import torch\ntorch.load('x')"}),
    "no pickle": (runs_foreign_code, {"hilum.learn.x": "def f():\n import pickle"}),
    "no eval": (runs_foreign_code, {"hilum.table": "eval('1')"}),
    "no pickles in arrays": (runs_foreign_code, {"hilum.run": "load(x, allow_pickle=True)"}),
}


@pytest.mark.parametrize("name", RULES)
def test_hilum_keeps_the_rule(name: str) -> None:
    rule, _ = RULES[name]
    assert rule(sources_of_hilum()) == []


@pytest.mark.parametrize("folder", ["tests", "benchmarks"])
def test_tests_and_benchmarks_bear_no_banned_name(folder: str) -> None:
    files = (ROOT.parent / folder).rglob("*.py")
    assert banned_names({path.name: path.read_text(encoding="utf-8") for path in files}) == []


def test_every_long_module_and_every_step_has_its_tests_in_the_mirrored_place() -> None:
    folder = ROOT.parent / "tests"
    tests = {path.relative_to(folder).as_posix() for path in folder.rglob("test_*.py")}
    broken = untested_modules(sources_of_hilum(), tests)
    assert [one for one in broken if one.split(" ")[0] not in UNMIRRORED] == []


def test_exceptions_from_the_mirrored_place_name_a_file_that_is_there() -> None:
    modules = sources_of_hilum()
    named = {ROOT.parent / reason.split(":")[0] for reason in UNMIRRORED.values()}
    assert [path for path in named if not path.is_file()] == []
    assert [module for module in UNMIRRORED if module not in modules] == []


def test_a_long_module_without_tests_is_caught() -> None:
    long = "\n" * (MIRRORED_LINES + 1)
    modules = {
        "hilum.scores": long, "hilum.scores.auc": long, "hilum.steps.train": "",
        "hilum.steps.train.step": "", "hilum.scores.short": "", "hilum.boxes": long,
    }  # fmt: skip
    assert untested_modules(modules, {"test_boxes.py", "steps/train/test_other.py"}) == [
        "hilum.scores.auc has no tests/scores/test_auc.py",
        "hilum.steps.train.step has no tests/steps/train/test_step.py",
    ]
    assert (
        untested_modules(
            modules, {"test_boxes.py", "scores/test_auc.py", "steps/train/test_step.py"}
        )
        == []
    )


@pytest.mark.parametrize("name", RULES)
def test_the_rule_catches_a_bad_module(name: str) -> None:
    rule, bad = RULES[name]
    assert rule(bad)


def test_the_rules_let_good_modules_pass() -> None:
    good = {
        "hilum.errors": '"""Refusals."""\n__all__ = ["MOST", "Error", "raise_it"]\n'
        "MOST = 1\nclass Error: ...\ndef raise_it(self, a, b, c, d, e, f, g): ...\n",
        "hilum.learn.fit": '"""Fit."""\nimport torch\nfrom hilum.errors import Error\n'
        "def f(network):\n network.eval()\n",
        "hilum.cli.train": '"""Command."""\ndef f(a, b, c, d, e, f, g, h):\n print(1)\n',
    }
    assert [broken for rule, _ in RULES.values() for broken in rule(good)] == []


def test_every_module_of_the_house_is_seen() -> None:
    assert {"hilum", "hilum.readers.window", "hilum.learn.fit"} <= set(sources_of_hilum())
    assert {room_of(module) for module in sources_of_hilum()} - {""} <= set(ROOMS)


def test_the_public_names_are_public_where_they_live() -> None:
    import hilum

    modules = sources_of_hilum()
    assert hilum.__all__ == sorted(hilum.__all__)
    missing = [
        f"{home}.{name}"
        for name, home in hilum._PUBLIC.items()
        if home not in modules or name not in (literal_all(modules[home]) or [])
    ]
    assert missing == []


def test_importing_the_library_and_every_command_loads_no_torch() -> None:
    modules = [
        name
        for name in sorted(sources_of_hilum())
        if room_of(name) not in ("learn", "__main__") and step_of(name) not in NETWORK_STEPS
    ]
    code = (
        f"import importlib, sys\nfor name in {modules}:\n importlib.import_module(name)\n"
        f"print(sorted({HEAVY} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    import hilum

    with pytest.raises(AttributeError, match="module 'hilum' has no attribute 'magic'"):
        _ = hilum.magic
    assert "read_table" in dir(hilum)
