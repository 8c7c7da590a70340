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

_MORE: Mapping[str, Sequence[str]] = {
    "en": (
        "apricot peach nectarine mango guava", "opal garnet topaz ruby jade", "kettle ladle skillet grater whisk",
        "robin sparrow finch wren starling", "tunic cloak shawl apron vest", "anchor rudder mast oar keel",
        "basil thyme sage mint parsley", "lemon lime orange melon fig", "sonnet ballad hymn elegy ode",
        "granite marble slate chalk basalt", "hammer chisel saw plane file", "lynx badger otter marten stoat",
        "button zip buckle hook lace", "meadow heath marsh moor glade", "harp lute zither lyre viola",
        "barge ferry yacht canoe raft", "ginger nutmeg clove cumin anise", "miller cobbler potter glazier farrier",
    ),
    "zh": (
        "桃花 梅花 菊花 荷花 兰花", "豆腐 腐竹 面筋 粉丝 年糕", "茶壶 饭碗 筷子 勺子 蒸笼", "狐狸 獾 水獭 刺猬 松鼠",
        "生姜 大蒜 花椒 八角 桂皮", "帆船 渡轮 竹筏 快艇 独木舟", "锤子 锯子 刨子 凿子 钳子", "柠檬 橙子 柚子 葡萄 石榴",  # noqa: E501 - wide characters
        "围巾 手套 帽子 腰带 披肩", "山谷 草原 沙漠 沼泽 峡谷", "大鼓 唢呐 扬琴 口琴 竖琴", "面包师 理发师 渔夫 裁缝 邮差",  # noqa: E501 - wide characters
        "花岗岩 大理石 石灰岩 板岩", "纽扣 拉链 别针 绳结 挂钩",
    ),
}  # fmt: skip
_OTHER_ASKS: Mapping[str, Sequence[str]] = {
    "en": (
        "Pick one: {a} or {b}. One word.", "If you had to choose: {a} or {b}? One word only.",
        "Say one of the two, {a} or {b}, nothing else.", "Of {a} and {b}, name one. Only the word.",
        "{a} against {b}: write just the one you pick.", "Would you take {a} or {b}? Reply with a single word.",
    ),
    "zh": (
        "{a}和{b}，任选其一，只写一个词。", "要是只能选一个：{a}还是{b}？用一个词回答。", "说出{a}、{b}当中的一个，只写这个词。",  # noqa: E501 - wide characters
        "{a}或{b}，你选哪个？只回答一个词。", "在{a}与{b}之间挑一个，不要写别的。", "只写一个词：{a}还是{b}？",
    ),
}  # fmt: skip
"""Of the secret form alone, so that no question of the release can come up in it."""


def make(draws: Draws, n_probes: int = N_PROBES) -> list[dict[str, Any]]:
    """Return the candidates of the released suite; discovery finds out which of them are near ties."""
    return _drawn(draws, n_probes, _GROUPS, _ASKS)


def make_secret(draws: Draws) -> list[dict[str, Any]]:
    """Return candidates with more pairs of words than the release, and asked in other words."""
    groups = {language: (*_GROUPS[language], *_MORE[language]) for language in _GROUPS}
    return _drawn(draws, N_PROBES, groups, _OTHER_ASKS)


def _drawn(
    draws: Draws, n_probes: int, groups_of: Mapping[str, Sequence[str]], asks: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    probes = []
    for language, groups in groups_of.items():
        pairs = [pair for group in groups for pair in combinations(group.split(), 2)]
        cases = [(pair, ask) for pair in pairs for ask in asks[language]]
        chosen = draws.child(language).sample(cases, n_probes // len(groups_of))
        for i, (pair, ask) in enumerate(chosen, start=1):
            a, b = draws.child(f"{language}/{i}").shuffled(pair)
            probes.append({"id": f"tie-{language}-{i}", "language": language, "prompt": ask.format(a=a, b=b)})
    return probes
