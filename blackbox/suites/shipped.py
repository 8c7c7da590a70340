"""Finds suites: those that come with the package, by name, and any file, by path."""

from __future__ import annotations

import difflib
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from blackbox.errors import SuiteError
from blackbox.suites.fields import Place, did_you_mean, line_error, shown
from blackbox.suites.schema import Origin, build
from blackbox.suites.short import SUFFIX, short_form
from blackbox.suites.source import MAX_BYTES, decode, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.core import Suite

_RELEASE = re.compile(r"v([1-9][0-9]{0,3})\.yaml")
_SUFFIXES = (".yaml", ".yml", ".json")


def shipped_root() -> Path:
    """Return the folder of the shipped suites: inside the package in a wheel, beside it in a source tree."""
    package = Path(__file__).resolve().parent.parent
    packaged = package / "_probes"
    return packaged if packaged.is_dir() else package.parent / "probes"


def releases() -> Mapping[tuple[str, int], Path]:
    """Return the file of every shipped suite by name and version, sorted.

    Names are looked up in this listing and never joined to a path.
    """
    root = shipped_root()
    files = root.glob("*/v*.yaml") if root.is_dir() else ()
    versions = ((file, _RELEASE.fullmatch(file.name)) for file in files)
    return dict(sorted(((file.parent.name, int(match[1])), file) for file, match in versions if match))


def available() -> tuple[Suite, ...]:
    """Return every shipped suite, by name, then version.

    Raises:
        SuiteError: A shipped file is wrong, or none is there.
    """
    return tuple(_shipped(name, version, file) for (name, version), file in _known().items())


def find(name_or_path: str) -> Suite:
    """Return a shipped suite by name (`one-token`: its newest version, `one-token@1`: that one) or a file by path.

    What holds a path separator or ends in .yaml, .yml or .json is a path; everything else is a name. A name that
    ends in `.short` is the short form: `one-token.short`, `one-token.short@2`, `mine.yaml.short`.

    Raises:
        SuiteError: Unknown name or version (with the nearest known one), or a bad file.
    """
    if _is_path(name_or_path):
        return _loaded(Path(name_or_path))
    known = _known()
    name, at, wanted = name_or_path.partition("@")
    if name.endswith(SUFFIX) and name not in {known_name for known_name, _ in known}:
        return _short(name.removesuffix(SUFFIX) + at + wanted)
    versions = {str(version): version for known_name, version in known if known_name == name}
    if not versions:
        raise _unknown(name_or_path, {known_name for known_name, _ in known})
    if at and wanted not in versions:
        if wanted.endswith(SUFFIX):
            raise SuiteError(f"a short form's version comes last; write {name}{SUFFIX}@{wanted.removesuffix(SUFFIX)}")
        raise SuiteError(f"suite {name!r} has no version {shown(wanted)}; write {_choices(name, versions)}")
    version = versions[wanted] if at else max(versions.values())
    return _shipped(name, version, known[name, version])


def _loaded(path: Path) -> Suite:
    """Return the suite of a file; `mine.yaml.short` is the short form of `mine.yaml`, unless there is such a file."""
    if path.suffix == SUFFIX and not path.exists():
        return short_form(load(path.with_suffix("")))
    return load(path)


def load(path: Path) -> Suite:
    """Return the suite of a YAML or JSON file.

    Raises:
        SuiteError: One line with file, line, what is wrong and what to write.
    """
    return parse(read_text(path), source=str(path))


def read_text(path: Path) -> str:
    """Return the text of a suite file, never reading more than `MAX_BYTES`.

    Raises:
        SuiteError: Unreadable, too large, or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise line_error(str(path), None, f"{reason}; write the path of a suite file") from None
    return decode(data, str(path))


def parse(text: str, *, source: str, origin: Origin = "file") -> Suite:
    """Return the suite that a YAML or JSON text describes.

    Args:
        text: The file's text.
        source: What to call it in messages.
        origin: `shipped` for files of this package.

    Raises:
        SuiteError: One line with file, line, what is wrong and what to write.
    """
    parsed = read(text, source)
    return build(parsed.document, parsed.place, origin=origin)


def is_shipped(name: str, version: int, digest: str) -> bool:
    """Return whether a suite of this name, version and (verified) content digest comes with this package."""
    file = releases().get((name.removesuffix(SUFFIX), version))
    if file is None:
        return False
    if name.endswith(SUFFIX):
        full = _parsed(read_text(file), str(file))
        return full.short is not None and short_form(full).digest == digest
    return f'"{digest}"' in read_text(file)


@lru_cache(maxsize=64)
def _short(name: str) -> Suite:
    return short_form(find(name))


@lru_cache(maxsize=64)
def _parsed(text: str, source: str) -> Suite:
    quick = _quickly(text, source)
    return parse(text, source=source, origin="shipped") if quick is None else quick


def _quickly(text: str, source: str) -> Suite | None:
    """Return the suite as libyaml reads it, or None where that is not what our own reader would read.

    Ten times as fast, and safe: the digest in the file is of what our reader read, so whatever libyaml reads
    differently does not agree with it.
    """
    try:
        document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
        return build(document, Place(source=source), origin="shipped")
    except (yaml.YAMLError, SuiteError):
        return None


def _shipped(name: str, version: int, file: Path) -> Suite:
    suite = _parsed(read_text(file), str(file))
    if (suite.name, suite.version) != (name, version):
        fix = f"write name: {name} and version: {version}, or move the file"
        raise line_error(str(file), None, f"holds {suite.name}@{suite.version}; {fix}")
    return suite


def _known() -> Mapping[tuple[str, int], Path]:
    known = releases()
    if not known:
        raise SuiteError(f"no shipped suites in {shipped_root()}; reinstall blackbox-similarity")
    return known


def _is_path(name_or_path: str) -> bool:
    separators = {"/", os.sep, os.altsep or os.sep}
    return name_or_path.lower().endswith(_SUFFIXES) or any(s in name_or_path for s in separators)


def _unknown(wanted: str, names: set[str]) -> SuiteError:
    stem = wanted.partition("@")[0]
    close = difflib.get_close_matches(stem, sorted(names), n=1)
    hint = f"{did_you_mean(stem, sorted(names))} " if close else ""
    known = f"known: {', '.join(sorted(names))}; a file is given by its path"
    return SuiteError(f"unknown suite {shown(wanted)}; {hint}{known}")


def _choices(name: str, versions: Mapping[str, int]) -> str:
    return " or ".join(f"{name}@{version}" for version in sorted(versions.values()))
