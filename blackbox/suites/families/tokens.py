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
    "code": (
        "for i in range(n):", "return [x * 2 for x in rows]", "if (ptr == NULL) {", "std::vector<int> v;",
        "const total = items.reduce(add, 0);", "SELECT name FROM towns", "raise ValueError(key)", "let mut count = 0;",
        "while queue:", "print(f'{value:>8}')", "public static void main", "#include <stdio.h>",
    ),
    "russian": (
        "паром", "гавань", "фонарь", "сад", "свисток", "мрамор", "напёрсток", "седло", "гравий", "петрушка", "якорь",
        "бархат", "луг", "бочка", "орех", "чайник",
    ),
    "arabic": (
        "قارب", "ميناء", "فانوس", "بستان", "صفارة", "رخام", "دفتر", "سرج", "حصى", "مدخنة", "مرساة", "مخمل", "مرج", "برميل",  # noqa: E501 - wide characters
        "نحاس", "إبريق",
    ),
    "korean": (
        "나룻배", "항구", "등불", "과수원", "호루라기", "대리석", "장부", "안장", "자갈", "굴뚝", "벨벳", "풀밭", "구리", "호두", "주전자",  # noqa: E501 - wide characters
        "돌다리",
    ),
}  # fmt: skip
_LANGUAGES = {
    "english": "en", "chinese": "zh", "rare": "en", "emoji": "und", "digits": "und", "code": "und", "russian": "ru",
    "arabic": "ar", "korean": "ko",
}  # fmt: skip
_N_WORDS = 14
_N_SHORT_WORDS = {"chinese": 30, "emoji": 60, "korean": 24}
"""Units of short words have more of them, so that one more line is always much of the whole text."""
_N_BASELINES = 2
_MOST = 3


def make(draws: Draws) -> list[dict[str, Any]]:
    """Return the bare frame twice and nine units, each once, twice and three times."""
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
    words = [draws.pick(_WORDS[unit]) for _ in range(_N_SHORT_WORDS.get(unit, _N_WORDS))]
    return ("" if unit in {"chinese", "emoji"} else " ").join(words)
