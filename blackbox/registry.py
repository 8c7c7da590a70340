"""Finds plug-ins by file name at run time: one new file adds an endpoint kind, feature, signal or section.

A module of a plug-in folder whose name has no leading underscore is a plug-in; its file name (with `-`
for `_` in endpoint kinds) is its registered name. Other packages add theirs through entry points of the
same group names.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, cast

from blackbox.errors import UsageError

if TYPE_CHECKING:
    from blackbox.core import EndpointKind, FeatureExtractor, PairSignal, TwoSampleSignal

_ATTRIBUTE = {"endpoints": "ENDPOINT", "features": "FEATURE", "signals": "SIGNAL", "report.sections": "SECTION"}


@cache
def names(group: str) -> tuple[str, ...]:
    """Return the registered names of a plug-in group, sorted."""
    package = importlib.import_module(f"blackbox.{group}")
    own = {module.name for module in pkgutil.iter_modules(package.__path__) if not module.name.startswith("_")}
    return tuple(sorted(own | {point.name for point in _entry_points(group)}))


def endpoint_kind(name: str) -> EndpointKind:
    """Return the endpoint kind registered as `name`, e.g. `openai-chat`."""
    return cast("EndpointKind", _load("endpoints", name.replace("-", "_")))


def feature(name: str) -> FeatureExtractor:
    """Return the feature registered as `name`."""
    return cast("FeatureExtractor", _load("features", name))


def signal(name: str) -> TwoSampleSignal | PairSignal:
    """Return the signal registered as `name`; its `info.question` says which protocol it follows."""
    return cast("TwoSampleSignal | PairSignal", _load("signals", name))


def section(name: str) -> Any:  # noqa: ANN401 - the report package owns the type and may not be imported here
    """Return the report section registered as `name`."""
    return _load("report.sections", name)


@cache
def _load(group: str, name: str) -> object:
    known = names(group)
    if name not in known:
        raise UsageError(f"unknown {group} plug-in {name!r}; known: {', '.join(known)}")
    for point in _entry_points(group):
        if point.name == name:
            return cast("object", point.load())
    return cast("object", getattr(importlib.import_module(f"blackbox.{group}.{name}"), _ATTRIBUTE[group]))


@cache  # each look reads the metadata of every installed package: 40 ms
def _entry_points(group: str) -> Any:  # noqa: ANN401 - importlib.metadata's own collection type
    return entry_points(group=f"blackbox.{group.rsplit('.', maxsplit=1)[-1]}")
