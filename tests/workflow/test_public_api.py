"""The public names: few, real, and listed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import blackbox


def test_at_most_sixteen_names() -> None:
    """`__all__` is sorted, short, and what `dir` shows."""
    assert sorted(blackbox.__all__) == blackbox.__all__ == dir(blackbox)
    assert len(blackbox.__all__) <= 16


@pytest.mark.parametrize("name", blackbox.__all__)
def test_every_name_loads(name: str) -> None:
    """A listed name exists and is documented."""
    assert getattr(blackbox, name).__doc__


def test_homes_are_exactly_the_names() -> None:
    """No name without a home, no home without a name."""
    assert set(blackbox.__all__) == set(blackbox._HOME)


def test_unknown_name() -> None:
    """Anything else is an AttributeError, as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = blackbox.nothing


def test_stub_has_the_same_names() -> None:
    """What type checkers are told is what there is."""
    stub = ast.parse(Path(blackbox.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    told = {
        name.asname: (node.module, name.name)
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    assert blackbox._HOME == told
