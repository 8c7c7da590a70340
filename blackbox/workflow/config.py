"""Configuration: flag > `BLACKBOX_*` > file > default, with every endpoint resolved to an `EndpointSpec`."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blackbox.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from blackbox.core import EndpointSpec
    from blackbox.workflow.config_file import ConfigFile

FILE_NAMES = ("blackbox.yaml", "blackbox.yml", "blackbox.toml", "blackbox.json")
DEFAULT_SUITES = ("standard",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What the command line said; None: nothing."""

    results: Path | None = None
    suites: tuple[str, ...] = ()
    label: str | None = None
    seed: int | None = None
    max_cost: float | None = None
    max_requests: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a command needs to know beforehand; `warnings` are for the person, one line each."""

    endpoints: Mapping[str, EndpointSpec]
    results: Path
    suites: tuple[str, ...]
    label: str
    seed: int
    max_cost: float | None
    max_requests: int | None
    path: Path | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """One default and where else it may be said."""

    name: str
    parse: Callable[[str], Any]
    default: Any
    example: str
    from_file: Callable[[Any, Path], Any] = lambda written, _: written


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError
    return value


def _amount(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError
    return value


def _suite_names(written: list[str], folder: Path) -> tuple[str, ...]:
    """Return suites as the file names them; a path in it is relative to the file."""
    return tuple(str(folder / name) if (folder / name).is_file() else name for name in written)


_SETTINGS = (
    _Setting(
        name="results",
        parse=Path,
        default=Path("results"),
        example="a folder",
        from_file=lambda written, folder: folder / written,
    ),
    _Setting(
        name="suites",
        parse=lambda text: tuple(name.strip() for name in text.split(",")),
        default=DEFAULT_SUITES,
        example="one-token",
        from_file=_suite_names,
    ),
    _Setting(name="label", parse=str, default="", example="monday"),
    _Setting(name="seed", parse=_count, default=0, example="0"),
    _Setting(name="max_cost", parse=_amount, default=None, example="0.40"),
    _Setting(name="max_requests", parse=_count, default=None, example="1000"),
)
_VARIABLES = ("BLACKBOX_CONFIG", *(f"BLACKBOX_{setting.name.upper()}" for setting in _SETTINGS))


def load(path: Path | None, *, environ: Mapping[str, str], cwd: Path, flags: Flags | None = None) -> Config:
    """Return the configuration that holds in `cwd`.

    Args:
        path: What `-c` said; None: `BLACKBOX_CONFIG`, else the nearest file upward from `cwd`, else no file.
        environ: The environment; only names starting with `BLACKBOX_` are read here.
        cwd: Folder the command runs in.
        flags: What the command line said.

    Raises:
        ConfigError: One line with file, line, what is wrong and what to write.
    """
    _refuse_misspelt(environ)
    file = _locate(path, environ=environ, cwd=cwd)
    fields, endpoints, warnings = _from_file(file)
    values = {
        s.name: _value(s, flags or Flags(), environ=environ, fields=fields, folder=file.parent if file else cwd)
        for s in _SETTINGS
    }
    return Config(endpoints=endpoints, path=file, warnings=warnings, **values)


def results_folder(flag: Path | None, *, path: Path | None = None, environ: Mapping[str, str], cwd: Path) -> Path:
    """Return the folder of runs; the configuration file is read only where neither flag nor variable says it.

    Raises:
        ConfigError: The file had to be read and is wrong.
    """
    if flag is not None:
        return flag
    if environ.get("BLACKBOX_RESULTS"):
        return Path(environ["BLACKBOX_RESULTS"])
    return load(path, environ=environ, cwd=cwd).results


def _refuse_misspelt(environ: Mapping[str, str]) -> None:
    for name in environ:
        if not name.startswith("BLACKBOX_") or name in _VARIABLES:
            continue
        # A misspelt limit would be a limit that does not hold; other names may be somebody's key variables.
        if close := difflib.get_close_matches(name, _VARIABLES, n=1, cutoff=0.9):
            raise ConfigError(f"environment variable {name} is unknown; did you mean {close[0]}?")


def _locate(path: Path | None, *, environ: Mapping[str, str], cwd: Path) -> Path | None:
    named = path or (Path(environ["BLACKBOX_CONFIG"]) if environ.get("BLACKBOX_CONFIG") else None)
    if named is not None:
        return named if named.is_absolute() else cwd / named
    folders = (cwd, *cwd.parents)
    return next((folder / name for folder in folders for name in FILE_NAMES if (folder / name).is_file()), None)


def _from_file(path: Path | None) -> tuple[ConfigFile | None, Mapping[str, EndpointSpec], tuple[str, ...]]:
    if path is None:
        return None, {}, ()
    # pydantic and yaml are not loaded where no file is read.
    from blackbox.workflow.config_endpoints import resolve
    from blackbox.workflow.config_text import read_file

    fields, place = read_file(path)
    resolved = {name: resolve(name, block, place.at("endpoints").at(name)) for name, block in fields.endpoints.items()}
    warnings = tuple(warning for each in resolved.values() for warning in each.warnings)
    return fields, {name: each.spec for name, each in resolved.items()}, warnings


def _value(setting: _Setting, flags: Flags, *, environ: Mapping[str, str], fields: Any, folder: Path) -> Any:  # noqa: ANN401 - by kind
    said = getattr(flags, setting.name)
    if said not in (None, ()):
        return said
    variable = f"BLACKBOX_{setting.name.upper()}"
    if text := environ.get(variable):
        try:
            return setting.parse(text)
        except ValueError:
            raise ConfigError(f"{variable}: {text!r} does not fit; write e.g. {setting.example}") from None
    written = getattr(fields, setting.name, None)
    return setting.default if written in (None, []) else setting.from_file(written, folder)
