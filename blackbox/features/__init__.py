"""Features, one file each: the observations of a run become arrays, never the other way round."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from blackbox.features._parsers import category
    from blackbox.features._phrases import shared_phrases
    from blackbox.features.embedding import embedding_feature

__all__ = ["category", "embedding_feature", "shared_phrases"]

_HOME = {
    "category": "blackbox.features._parsers",
    "embedding_feature": "blackbox.features.embedding",
    "shared_phrases": "blackbox.features._phrases",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the lazy exports have types of their own, stated above
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
