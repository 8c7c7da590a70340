"""Texts whose tokens are counted: units put together from a key, one to three times inside one frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.suites.families.draws import Draws

_FRAME = "Read the lines between the two rules, then reply with the single word ready.\n+++++"
_CLOSE = "+++++"
_WORDS: Mapping[str, Sequence[str]] = {
    "english": (
        "ferry", "harbour", "lantern", "orchard", "whistle", "quarrel", "marble", "ledger", "thimble", "saddle",
        "gravel",
        "parsley", "chimney", "anchor", "velvet", "meadow", "barrel", "copper", "walnut", "kettle",
    ),
    "chinese": (
        "渡口", "石桥", "灯笼", "果园", "账本", "马鞍", "烟囱", "铜壶", "核桃", "丝绸", "草地", "木桶", "围墙", "竹篮", "晨雾",  # noqa: E501 - wide characters
        "山坡", "炉火", "书信", "屋檐", "稻田",
    ),
    "rare": (
        "Zweigstellenleiter", "quixotically", "Llanfairpwll", "xylographer", "Hvolsvöllur", "ytterbium",
        "Ouagadougou",
        "mnemonics", "Szczebrzeszyn", "phthisis", "jnana", "Kyrgyz", "tmesis", "Djibouti",
    ),
    "emoji": ("🦊", "🧭", "🪡", "🫖", "🛶", "🧶", "🦔", "🪗", "🫐", "🧉", "🪵", "🦩"),
}  # fmt: skip
_LANGUAGES = {"english": "en", "chinese": "zh", "rare": "en", "emoji": "und", "digits": "und"}
_N_WORDS = 14
_N_BASELINES = 2
_MOST = 3


def make(draws: Draws) -> list[dict[str, Any]]:
    """Return the bare frame twice and five units, each once, twice and three times."""
    frame = f"{_FRAME}\n{_CLOSE}"
    names = [f"baseline-{'ab'[i]}" for i in range(_N_BASELINES)]
    found = [{"id": name, "family": "baseline", "language": "en", "prompt": frame} for name in names]
    for unit, language in _LANGUAGES.items():
        line = _unit(draws.child(unit), unit)
        for n in range(1, _MOST + 1):
            prompt = "\n".join([_FRAME, *[line] * n, _CLOSE])
            found.append({"id": f"{unit}-{n}", "family": unit, "language": language, "prompt": prompt})
    return found


def _unit(draws: Draws, unit: str) -> str:
    if unit == "digits":
        return " ".join(str(draws.between(10**3, 10**9)) for _ in range(_N_WORDS))
    words = [draws.pick(_WORDS[unit]) for _ in range(_N_WORDS)]
    return ("" if unit in {"chinese", "emoji"} else " ").join(words)
