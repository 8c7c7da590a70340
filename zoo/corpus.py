"""Texts that any machine with this project's set-up already has, and whose licences allow training on them."""

from __future__ import annotations

import ast
import hashlib
import io
import re
import sysconfig
import tokenize
import unicodedata
import warnings
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SENTENCE = re.compile(r"(?<![\w.])[A-Z][a-z][^.\n`<>{}\[\]|*=\\_]{30,150}[a-z)]\.(?=\s|$)")
_SHORTEST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One text source.

    Args:
        title: What it is, for cards.
        licence: Under which it may be used.
        documents: The texts, longest-lived order (by file name).
    """

    title: str
    licence: str
    documents: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Sha256 of all documents: another Python or package version has another one."""
        joined = "\0".join(self.documents)
        return hashlib.sha256(joined.encode("utf-8", "replace")).hexdigest()

    def sentences(self) -> list[str]:
        """Return the prose sentences of these documents, each once, in order."""
        found = (" ".join(s.split()) for text in self.documents for s in _SENTENCE.findall(text.replace("\n", " ")))
        return list(dict.fromkeys(s for s in found if "--" not in s))


@cache
def source(name: str) -> Source:
    """Return the text source called `name` in the recipe."""
    title, licence, read = _SOURCES[name]
    return Source(title=title, licence=licence, documents=tuple(dict.fromkeys(read())))


def _stdlib() -> Path:
    return Path(sysconfig.get_paths()["stdlib"])


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise SystemExit(f"the recipe needs the package {name}; run: make setup")
    return Path(spec.origin).parent


def _modules(folder: Path) -> Iterator[str]:
    """Yield the text of each module below `folder`, tests and vendored code left out."""
    for path in sorted(folder.rglob("*.py")):
        parts = set(path.relative_to(folder).parts)
        if parts & {"test", "tests", "idlelib", "lib2to3", "site-packages", "_vendor", "externals", "pydoc_data"}:
            continue
        try:
            yield path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


def _docstrings(folder: Path) -> Iterator[str]:
    for text in _modules(folder):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(text)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                doc = ast.get_docstring(node)
                if doc and len(doc) >= _SHORTEST:
                    yield doc


def _comments(folder: Path) -> Iterator[str]:
    """Yield blocks of whole-line comments."""
    for text in _modules(folder):
        block: list[str] = []
        for line in [*text.splitlines(), ""]:
            bare = line.strip()
            if bare.startswith("# "):
                block.append(bare[2:])
            elif block:
                joined = "\n".join(block)
                block = []
                if len(joined) >= _SHORTEST:
                    yield joined


def _code(folder: Path) -> Iterator[str]:
    """Yield each module without its comments and docstrings' share: the code as it is read by a compiler."""
    for text in _modules(folder):
        try:
            kept = [t for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type != tokenize.COMMENT]
            bare = tokenize.untokenize(kept)
        except (tokenize.TokenError, SyntaxError):
            continue
        yield re.sub(r"\n\s*\n+", "\n", re.sub(r"[ \t\\]+\n", "\n", bare))


def _topics() -> Iterator[str]:
    from pydoc_data import topics

    yield from topics.topics.values()


def _character_names() -> Iterator[str]:
    named = ((chr(i), unicodedata.name(chr(i), "")) for i in range(0x20, 0x1F9FF))
    lines = [f"{c} {name.lower()}" for c, name in named if name and not name.startswith(("CJK", "HANGUL SYLLABLE"))]
    for start in range(0, len(lines), 40):
        yield "\n".join(lines[start : start + 40])


_SOURCES: dict[str, tuple[str, str, Callable[[], Iterator[str]]]] = {
    "stdlib-docs": (
        "docstrings and comments of Python's standard library",
        "PSF-2.0",
        lambda: (text for part in (_docstrings, _comments) for text in part(_stdlib())),
    ),
    "stdlib-code": ("source code of Python's standard library", "PSF-2.0", lambda: _code(_stdlib())),
    "python-topics": ("Python's language reference as pydoc ships it", "PSF-2.0", _topics),
    "scipy-docs": ("docstrings of SciPy", "BSD-3-Clause", lambda: _docstrings(_package("scipy"))),
    "numpy-docs": ("docstrings of NumPy", "BSD-3-Clause", lambda: _docstrings(_package("numpy"))),
    "sklearn-docs": ("docstrings of scikit-learn", "BSD-3-Clause", lambda: _docstrings(_package("sklearn"))),
    "matplotlib-docs": ("docstrings of Matplotlib", "PSF-based", lambda: _docstrings(_package("matplotlib"))),
    "transformers-docs": ("docstrings of Transformers", "Apache-2.0", lambda: _docstrings(_package("transformers"))),
    "character-names": ("names of Unicode characters", "Unicode-3.0", _character_names),
}
