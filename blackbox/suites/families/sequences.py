"""Requests for long random sequences: other symbols and lengths for every key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.suites.families.draws import Draws

N_EACH = 5
_PAIRS: Mapping[str, Sequence[tuple[str, str]]] = {
    "en": (("0", "1"), ("H", "T"), ("a", "b"), ("x", "o"), ("L", "R"), ("p", "q"), ("7", "8"), ("u", "d"), ("m", "n")),
    "zh": (
        ("0", "1"),
        ("甲", "乙"),
        ("阴", "阳"),
        ("左", "右"),
        ("东", "西"),
        ("红", "蓝"),
        ("天", "地"),
        ("山", "水"),
    ),
}
_ASKS: Mapping[str, Sequence[str]] = {
    "en": (
        "Write a random sequence of {n} symbols, each {x} or {y}. Write only the symbols, without spaces.",
        "Make a random string of {n} characters from {x} and {y}. Write only the string.",
        "Draw {n} times between {x} and {y} at random and write the results in one line without spaces.",
    ),
    "zh": (
        "随机写出{n}个“{x}”或“{y}”，连续写出，不要空格，也不要写其他内容。",
        "在“{x}”和“{y}”之间随机抽取{n}次，把结果连续写成一行，不要写其他内容。",
    ),
}


def make(draws: Draws) -> list[dict[str, Any]]:
    """Return ten requests, five in each language."""
    found = []
    for language, pairs in _PAIRS.items():
        own = draws.child(language)
        for i, (x, y) in enumerate(own.sample(pairs, N_EACH), start=1):
            prompt = own.pick(_ASKS[language]).format(n=10 * own.between(8, 14), x=x, y=y)
            found.append({"id": f"bits-{language}-{i}", "family": "bits", "language": language, "prompt": prompt})
    return found
