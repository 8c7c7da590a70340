"""Profiles: named lists of suites for a purse. `standard` is what `run` takes when nothing is said."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from blackbox.suites.fields import Place, listing, mapping, number, text, whole
from blackbox.suites.shipped import find, read_text, shipped_root
from blackbox.suites.source import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from blackbox.core import Suite

SCHEMA = "blackbox.profiles/1"
FILE = "profiles.yaml"
_PROFILE = ("title", "suites", "max_calls", "max_cost_usd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A named list of suites.

    Args:
        name: What `-s` takes.
        title: One line.
        suites: Suites by name and version.
        max_calls: Calls it promises not to exceed.
        max_cost_usd: Estimated cost an endpoint it promises not to exceed, at $0.50 and $1.50 per million tokens.
    """

    name: str
    title: str
    suites: tuple[str, ...]
    max_calls: int | None
    max_cost_usd: float | None


@lru_cache(maxsize=4)
def profiles() -> Mapping[str, Profile]:
    """Return the shipped profiles by name.

    Raises:
        SuiteError: The file is missing or wrong.
    """
    file = shipped_root() / FILE
    source = read(read_text(file), str(file))
    top = mapping(source.document, source.place, known=("schema", "profiles"), required=("schema", "profiles"))
    here = source.place.at("profiles")
    found = mapping(top["profiles"], here, known=_names(top["profiles"]))
    return {name: _profile(name, value, here.at(name)) for name, value in found.items()}


def find_all(names: Iterable[str]) -> tuple[Suite, ...]:
    """Return the suites that names, paths and profiles stand for, in order, each once.

    Raises:
        SuiteError: An unknown name, or a bad file.
    """
    known = profiles()
    expanded = [suite for name in names for suite in (known[name].suites if name in known else (name,))]
    return tuple({suite.digest: suite for suite in map(find, expanded)}.values())


def _names(found: object) -> tuple[str, ...]:
    return tuple(map(str, found)) if isinstance(found, dict) else ("standard",)


def _profile(name: str, value: object, place: Place) -> Profile:
    found = mapping(value, place, known=_PROFILE, required=("title", "suites"))
    here = place.at("suites")
    suites = tuple(
        text(item, here.at(i), least=1) for i, item in enumerate(listing(found["suites"], here, of="suites"))
    )
    calls, cost = found.get("max_calls"), found.get("max_cost_usd")
    return Profile(
        name=name,
        title=text(found["title"], place.at("title"), least=1),
        suites=suites,
        max_calls=None if calls is None else whole(calls, place.at("max_calls"), low=1, high=1_000_000),
        max_cost_usd=None if cost is None else number(cost, place.at("max_cost_usd"), low=0, high=1e6),
    )
