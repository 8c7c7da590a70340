"""The shape of the code: layers, sizes, names, purity and what may be caught."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "blackbox"
MODULES = sorted(PACKAGE.rglob("*.py"))
ALL_FILES = sorted(
    path
    for folder in ("blackbox", "scripts", "tests", "benchmarks", "zoo", "examples")
    for path in (ROOT / folder).rglob("*.py")
)
STAGES = ("suites", "endpoints", "collect", "store", "features", "signals", "evidence", "report", "serve")
PURE = [
    path
    for path in MODULES
    if path.relative_to(PACKAGE)
    .as_posix()
    .startswith(("core", "stats/", "signals/", "evidence/", "report/sections/", "report/blocks/"))
]
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "wrapper", "data", "info", "misc"}

POLLS = {"tests/cli/test_run.py"}  # waits for another process, which it then kills


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Return a copy of the package's code and its import contracts, to be spoilt."""
    shutil.copytree(
        PACKAGE, tmp_path / "blackbox", ignore=shutil.ignore_patterns("__pycache__", "weights", "*.safetensors")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_import_contracts_hold(copied: Path) -> None:
    """Data flows one way, stages never import each other, pure layers stay pure."""
    ran = _lint_imports(copied)

    assert ran.returncode == 0, ran.stdout
    assert "0 broken" in ran.stdout


@pytest.mark.parametrize(
    ("where", "wrong"),
    [
        ("signals/chi2.py", "import blackbox.store"),
        ("errors.py", "import blackbox.core"),
        ("store/journal.py", "import blackbox.workflow"),
        ("stats/distances.py", "import asyncio"),
        ("report/blocks/parts.py", "import rich"),
        ("collect/__init__.py", "import httpx2"),
    ],
)
def test_a_wrong_import_is_caught(copied: Path, where: str, wrong: str) -> None:
    """A stage that imports another, a layer that imports upwards or an impure import breaks a contract."""
    spoilt = copied / "blackbox" / where
    spoilt.write_text(f"{spoilt.read_text(encoding='utf-8')}\n{wrong}  # noqa\n", encoding="utf-8")

    ran = _lint_imports(copied)

    assert ran.returncode == 1
    assert "BROKEN" in ran.stdout


def test_a_new_top_level_module_must_be_given_a_layer(copied: Path) -> None:
    """The layers are exhaustive."""
    (copied / "blackbox" / "extra.py").write_text('"""Nowhere."""\n', encoding="utf-8")

    assert _lint_imports(copied).returncode == 1


def test_files_are_short() -> None:
    """No file is longer than 400 lines; a file of tests, which is read one test at a time, than 500."""
    lengths = {_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in ALL_FILES}

    assert [name for name, n in lengths.items() if n > (500 if name.startswith("tests/") else 400)] == []


def test_functions_are_short() -> None:
    """No function's body is longer than 40 lines, its docstring not counted."""
    too_long = [
        f"{_name(path)}:{node.name}"
        for path in MODULES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _body_lines(node) > 40
    ]

    assert too_long == []


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0  # type: ignore[operator]


def test_modules_are_named_for_what_they_hold() -> None:
    """No drawer for everything: such names attract what belongs elsewhere."""
    assert [_name(path) for path in ALL_FILES if path.stem.lstrip("_") in BANNED_NAMES] == []


def test_nothing_is_caught_that_was_not_expected() -> None:
    """No `except:`, `except Exception` or `suppress(Exception)`, unless the handler ends by raising."""
    found = [f"{_name(path)}:{line}" for path in MODULES for line in _broad(_tree(path))]

    assert found == []


def test_a_broad_except_would_be_seen() -> None:
    """The check above can fail, and knows a handler that raises again."""
    source = """
try: f()
except Exception: g()
try: f()
except BaseException: raise
with suppress(Exception): f()
try: f()
except (OSError, BaseException): g()
"""

    assert sorted(_broad(ast.parse(source))) == [3, 6, 8]


def _broad(tree: ast.AST) -> list[int]:
    broad = {"Exception", "BaseException"}
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and not isinstance(node.body[-1], ast.Raise):
            caught = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else broad
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            caught = {name.id for name in node.args if isinstance(name, ast.Name)}
        else:
            continue
        lines += [node.lineno] if caught & broad else []
    return lines


@pytest.mark.parametrize("module", ["blackbox.core", *(f"blackbox.{stage}" for stage in STAGES)])
def test_records_are_frozen(module: str) -> None:
    """Every record that stages hand to each other, or offer, is frozen, slotted and keyword-only."""
    offered = importlib.import_module(module)
    names = getattr(offered, "__all__", None) or dir(offered)
    records = [getattr(offered, name) for name in names if dataclasses.is_dataclass(getattr(offered, name))]

    assert [each.__name__ for each in records if not _closed(each)] == []


def _closed(record: Any) -> bool:
    fields = dataclasses.fields(record)
    return record.__dataclass_params__.frozen and "__slots__" in vars(record) and all(each.kw_only for each in fields)


@pytest.mark.parametrize("path", PURE, ids=_name)
def test_pure_layers_touch_nothing(path: Path) -> None:
    """No disk, clock, screen or global randomness in core, stats, signals, evidence, sections and blocks."""
    impure = re.compile(
        r"(open|print|input)$|(time|random|os|subprocess|logging)\.|.*\.(now|utcnow|today|read_text|write_text|read_bytes|write_bytes)$"
        r"|(np|numpy)\.random\.(?!Generator|SeedSequence|PCG64|Philox|default_rng)"
    )
    calls = [ast.unparse(node.func) for node in ast.walk(_tree(path)) if isinstance(node, ast.Call)]

    assert [call for call in calls if impure.match(call)] == []


def test_randomness_always_has_a_seed() -> None:
    """No generator is made from the machine's own entropy where a number could depend on it."""
    unseeded = [
        f"{_name(path)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith(("default_rng", "random.Random"))
        and not node.args
    ]

    assert unseeded == []


@pytest.mark.parametrize("stage", [*STAGES, "stats", "workflow", "cli", "core", "errors"])
def test_every_name_a_stage_offers_is_there(stage: str) -> None:
    """What `__all__` lists exists, without doubles."""
    module = importlib.import_module(f"blackbox.{stage}")
    offered = list(getattr(module, "__all__", []))

    assert len(offered) == len(set(offered))
    assert [name for name in offered if not hasattr(module, name)] == []


def test_there_is_one_way_from_waiting_code_to_a_command() -> None:
    """Only the workflow's runner starts an event loop; whatever waits is async, without a synchronous twin."""
    starts = re.compile(r"(asyncio\.run|.*\.run_until_complete|asyncio\.Runner)$")
    found = {
        _name(path)
        for path in MODULES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and starts.match(ast.unparse(node.func))
    }

    assert found == {"blackbox/workflow/clock.py"}


def test_no_unfinished_work_is_kept() -> None:
    """No stub, no note to self, no line left out of coverage."""
    unfinished = re.compile(r"NotImplementedError|\b(TODO|FIXME)\b|pragma: no cover")
    files = [path for path in ALL_FILES if path != Path(__file__)]

    assert [_name(path) for path in files if unfinished.search(path.read_text(encoding="utf-8"))] == []


def test_no_test_asks_the_wall_clock() -> None:
    """Time is injected: no test blocks in a sleep or judges by elapsed wall time."""
    clock = re.compile(r"\btime\.(sleep|time|monotonic|perf_counter)\(|datetime\.(now|utcnow)\(")
    files = [path for path in (ROOT / "tests").rglob("test_*.py") if _name(path) not in {*POLLS, _name(Path(__file__))}]

    assert [_name(path) for path in files if clock.search(path.read_text(encoding="utf-8"))] == []


def test_no_place_of_one_machine_is_in_the_tree() -> None:
    """No home folder, scratch folder or private index of whoever wrote it."""
    place = re.compile(r"/(root|home/[a-z]+|work|farm|opt/[a-z]+|tmp/[a-z]+)/")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    texts = [
        ROOT / name
        for name in listed
        if Path(name).suffix in {".py", ".md", ".toml", ".yaml", ".json", ".lock", ".html", ".txt", ""}
    ]
    found = [
        _name(path)
        for path in texts
        if path.is_file()
        and path != Path(__file__)
        and place.search(path.read_text(encoding="utf-8", errors="replace"))
    ]

    assert found == []
