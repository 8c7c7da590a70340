"""Short inputs whose likeliest first word has a close rival: choices between two words, and half-said sentences."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.suites.families.draws import Draws

N_PROBES = 300
_GROUPS: Mapping[str, Sequence[str]] = {
    "en": (
        "oak birch maple pine willow elm cedar", "river lake sea pond brook canal",
        "lamp candle torch lantern mirror",
        "violin cello flute harp oboe", "copper silver iron tin zinc", "Monday Tuesday Thursday Friday Sunday",
        "falcon heron raven swallow owl", "apple pear plum cherry quince", "Oslo Lisbon Prague Vienna Athens",
        "wool linen silk cotton velvet", "circle square triangle hexagon", "baker tailor mason weaver",
    ),
    "zh": (
        "松树 柳树 枫树 梧桐 银杏", "江 河 湖 溪 海", "毛笔 钢笔 铅笔 粉笔", "琵琶 古筝 二胡 笛子 箫", "铜 铁 银 锡",
        "燕子 喜鹊 麻雀 白鹭", "苹果 梨 桃子 李子 杏", "西安 洛阳 苏州 扬州 大理", "棉布 丝绸 麻布 呢绒", "圆 方 三角 椭圆",  # noqa: E501 - wide characters
        "木匠 铁匠 裁缝 石匠", "春天 夏天 秋天 冬天",
    ),
}  # fmt: skip
_ASKS: Mapping[str, Sequence[str]] = {
    "en": (
        "{a} or {b}? Answer with one word.", "Choose one of these two words: {a}, {b}. Write the word only.",
        "Which comes to mind first, {a} or {b}? One word.", "Complete with one word: between {a} and {b} I prefer",
    ),
    "zh": (
        "{a}还是{b}？只回答一个词。", "在“{a}”和“{b}”中选一个，只写这个词。", "先想到的是{a}还是{b}？只回答一个词。",
        "用一个词补全：{a}和{b}之间，我更喜欢",
    ),
}  # fmt: skip


def make(draws: Draws, n_probes: int = N_PROBES) -> list[dict[str, Any]]:
    """Return the candidates of a border-input suite; discovery finds out which of them are near ties."""
    probes = []
    for language, groups in _GROUPS.items():
        pairs = [pair for group in groups for pair in combinations(group.split(), 2)]
        cases = [(pair, ask) for pair in pairs for ask in _ASKS[language]]
        chosen = draws.child(language).sample(cases, n_probes // len(_GROUPS))
        for i, (pair, ask) in enumerate(chosen, start=1):
            a, b = draws.child(f"{language}/{i}").shuffled(pair)
            probes.append({"id": f"tie-{language}-{i}", "language": language, "prompt": ask.format(a=a, b=b)})
    return probes
