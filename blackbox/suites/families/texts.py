"""Open questions, openings to continue and long requests, put together from topics and situations."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.suites.families.draws import Draws

    Bank = Mapping[str, Sequence[str]]

N_OPEN, N_OPENINGS, N_LONG = 200, 25, 50
_ASKS: Bank = {
    "en": (
        "How do I {task} when {case}?", "What should I know before I {task}, given that {case}?",
        "Give me advice: I want to {task}, but {case}.",
        "Write a short essay about a person who tries to {task} although {case}.",
    ),
    "zh": (
        "{case}，我该怎么{task}？", "{case}，在{task}之前我应该知道些什么？", "请给我一些建议：我想{task}，可是{case}。",  # noqa: E501 - wide characters
        "请写一篇短文，讲一个人{case}却坚持{task}的故事。",
    ),
}  # fmt: skip
_TASKS: Bank = {
    "en": (
        "repair a garden bench", "learn to draw faces", "plan a week of cheap meals",
        "teach a child to ride a bicycle",
        "start a small choir", "sort my grandmother's letters", "bake bread", "prepare a talk",
        "train for a long walk",
        "paint a kitchen", "grow tomatoes", "write to an old friend", "organise a street party",
        "mend my favourite coat",
        "learn the names of the stars", "keep a diary", "set up a home office", "make soup for twenty people",
    ),
    "zh": (
        "修好一张旧木桌", "学会画人像", "安排一周便宜的饭菜", "教孩子骑自行车", "组织一个小合唱团", "整理祖母的信件", "自己做面包",  # noqa: E501 - wide characters
        "准备一次演讲", "为长途徒步做训练", "粉刷厨房", "在阳台种番茄", "给老朋友写信", "筹办一次邻里聚会", "补好我最喜欢的外套",  # noqa: E501 - wide characters
        "认识星座", "坚持写日记", "布置家里的书房", "给二十个人煮汤",
    ),
}  # fmt: skip
_CASES: Bank = {
    "en": (
        "I have only one free evening", "my hands are clumsy", "it rains all week", "nobody else is interested",
        "I have never done it before", "the shop is closed", "my neighbours are easily annoyed", "money is short",
        "I am seventy", "the light is poor", "I keep putting it off", "everything has to fit into one bag",
    ),
    "zh": (
        "我只有一个晚上的空闲", "我手很笨", "这一周都在下雨", "身边没有人感兴趣", "我从来没有做过", "附近的店都关门了",
        "邻居很怕吵", "手头比较紧", "我已经七十岁了", "屋里光线不好", "我总是一拖再拖", "所有东西只能装进一个包里",
    ),
}  # fmt: skip
_THINGS: Bank = {
    "en": (
        "a wooden lock gate", "a water clock", "a loom", "a lighthouse lens", "a bellows", "a sundial",
        "a cable ferry",
        "a windmill", "an accordion", "a letterpress", "a well pump", "a kiln", "a sailing barge", "a weighbridge",
    ),
    "zh": (
        "水车", "日晷", "织布机", "风箱", "灯塔的透镜", "活字印刷", "手风琴", "砖窑", "帆船", "压水井", "地磅", "滑轮组",  # noqa: E501 - wide characters
        "孔明灯", "浑天仪",
    ),
}  # fmt: skip
_OPENINGS: Bank = {
    "en": (
        "Continue this text. Write only the continuation.\n\nNobody in the village knew who had left {thing} behind the school, but",  # noqa: E501 - wide characters
        "Continue this text. Write only the continuation.\n\nThe principle of {thing} is old. In its simplest form,",
        "Continue this text. Write only the continuation.\n\nShe had inherited {thing} from her uncle, and on the first morning",  # noqa: E501 - wide characters
    ),
    "zh": (
        "请续写下面的文字，只写续写的部分。\n\n村里没有人知道{thing}是谁留下的，直到有一天，",
        "请续写下面的文字，只写续写的部分。\n\n{thing}的原理并不复杂。最早的时候，",
        "请续写下面的文字，只写续写的部分。\n\n父亲一辈子都在和{thing}打交道，他常说，",
    ),
}  # fmt: skip
_LONG: Bank = {
    "en": (
        "Explain in one paragraph how {thing} works.",
        "List ten things that can go wrong with {thing}, with a reason for each.",
        "Tell a story about {thing} in about ten sentences.",
        "Write instructions for somebody who has to look after {thing}.",
    ),
    "zh": (
        "请用一段话解释{thing}是怎样工作的。", "列出{thing}可能出现的八个问题，并各写一个原因。",
        "用十句话讲一个关于{thing}的故事。", "为需要照看{thing}的人写一份说明。",
    ),
}  # fmt: skip


def open_questions(draws: Draws) -> list[dict[str, Any]]:
    """Return two hundred open questions; no task meets the same case twice in a language."""
    found = []
    for language, asks in _ASKS.items():
        own = draws.child(language)
        cases = own.sample(list(product(_TASKS[language], _CASES[language])), N_OPEN // len(_ASKS))
        prompts = [own.pick(asks).format(task=task, case=case) for task, case in cases]
        found += _probes("open", language, prompts)
    return found


def continuations(draws: Draws) -> list[dict[str, Any]]:
    """Return twenty-five openings to continue."""
    return _about(draws, "opening", _OPENINGS, N_OPENINGS)


def long_requests(draws: Draws) -> list[dict[str, Any]]:
    """Return fifty requests for long answers."""
    return _about(draws, "long", _LONG, N_LONG)


def _about(draws: Draws, family: str, asks: Bank, n: int) -> list[dict[str, Any]]:
    """Return `n` probes about things, shared out over the languages."""
    cases = [(language, ask, thing) for language in asks for ask, thing in product(asks[language], _THINGS[language])]
    chosen = sorted(draws.child(family).sample(cases, n))
    found = []
    for language in asks:
        prompts = [ask.format(thing=thing) for known, ask, thing in chosen if known == language]
        found += _probes(family, language, prompts)
    return found


def _probes(family: str, language: str, prompts: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"id": f"{family}-{language}-{i}", "family": family, "language": language, "prompt": prompt}
        for i, prompt in enumerate(prompts, start=1)
    ]
