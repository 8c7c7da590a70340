"""Open questions, openings to continue and long requests, put together from topics and situations."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from blackbox.suites.families.openings import N_EACH, code_openings, foreign_openings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.suites.families.draws import Draws

    Bank = Mapping[str, Sequence[str]]

N_OPEN, N_OPENINGS, N_LONG = 200, 14, 50
_ASKS: Bank = {
    "en": (
        "How do I {task} when {case}?", "What should I know before I {task}, given that {case}?",
        "Give me advice: I want to {task}, but {case}.",
        "Write a short essay in the first person: I am trying to {task}, although {case}.",
        "What would you do first to {task} if {case}?", "Draw up a plan: I am going to {task}, and {case}.",
    ),
    "zh": (
        "{case}，我该怎么{task}？", "{case}，在{task}之前我应该知道些什么？", "请给我一些建议：我想{task}，可是{case}。",  # noqa: E501 - wide characters
        "请用第一人称写一篇短文：{case}，可我还是想{task}。",
        "如果{case}，又想{task}，你会先做什么？", "请帮我订个计划：我准备{task}，不过{case}。",
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
        "restore an old bicycle", "learn the accordion", "move to a smaller flat", "print my own postcards",
        "walk around the lake", "make candles", "record my father's memories", "catalogue my books",
        "sew a curtain", "build a nesting box", "clean the attic", "learn to swim late in life",
    ),
    "zh": (
        "修好一张旧木桌", "学会画人像", "安排一周便宜的饭菜", "教孩子骑自行车", "组织一个小合唱团", "整理祖母的信件", "自己做面包",  # noqa: E501 - wide characters
        "准备一次演讲", "为长途徒步做训练", "粉刷厨房", "在阳台种番茄", "给老朋友写信", "筹办一次邻里聚会", "补好我最喜欢的外套",  # noqa: E501 - wide characters
        "认识星座", "坚持写日记", "布置家里的书房", "给二十个人煮汤", "修好旧自行车", "学拉手风琴", "搬进小一点的房子",
        "自己印明信片", "绕湖走一圈", "做蜡烛", "记录父亲的回忆", "给藏书编目录", "缝一幅窗帘", "搭一个鸟窝", "清理阁楼", "学会游泳",  # noqa: E501 - wide characters
    ),
}  # fmt: skip
_CASES: Bank = {
    "en": (
        "I have only one free evening", "my hands are clumsy", "it rains all week", "nobody else is interested",
        "I have never done it before", "the shop is closed", "my neighbours are easily annoyed", "money is short",
        "I am seventy", "the light is poor", "I keep putting it off", "everything has to fit into one bag",
        "my back hurts", "the guests come on Sunday", "my tools are borrowed", "the instructions are lost",
        "my brother knows better", "it has to be quiet", "the first try went wrong", "winter begins",
    ),
    "zh": (
        "我只有一个晚上的空闲", "我手很笨", "这一周都在下雨", "身边没有人感兴趣", "我从来没有做过", "附近的店都关门了",
        "邻居很怕吵", "手头比较紧", "我已经七十岁了", "屋里光线不好", "我总是一拖再拖", "所有东西只能装进一个包里",
        "我腰不好", "客人星期天就来", "工具都是借的", "说明书丢了", "哥哥总说我不行", "必须很安静", "第一次失败了", "冬天快到了",  # noqa: E501 - wide characters
    ),
}  # fmt: skip
_THINGS: Bank = {
    "en": (
        "a wooden lock gate", "a water clock", "a loom", "a lighthouse lens", "a bellows", "a sundial",
        "a cable ferry",
        "a windmill", "an accordion", "a letterpress", "a well pump", "a kiln", "a sailing barge", "a weighbridge",
        "a spinning wheel", "a pipe organ", "a beehive", "a signal lamp", "a diving bell", "a seed drill",
        "a pocket watch", "a treadle lathe", "a tide gauge", "a rope bridge",
    ),
    "zh": (
        "水车", "日晷", "织布机", "风箱", "灯塔的透镜", "活字印刷", "手风琴", "砖窑", "帆船", "压水井", "地磅", "滑轮组",  # noqa: E501 - wide characters
        "孔明灯", "浑天仪", "纺车", "管风琴", "蜂箱", "信号灯", "潜水钟", "播种机", "怀表", "脚踏车床", "验潮仪", "索桥",  # noqa: E501 - wide characters
    ),
}  # fmt: skip
_CONTINUE = {"en": "Continue this text. Write only the continuation.", "zh": "请续写下面的文字，只写续写的部分。"}
_OPENINGS: Bank = {
    "en": (
        "Nobody in {place} knew who had left {thing} behind the school, but",
        "The principle of {thing} is old. In its simplest form, as it was built in {place},",
        "{who} had inherited {thing} from an uncle, and on the first morning in {place}",
        "When {who} first saw {thing}, the rain over {place} had just stopped, and",
        "According to the town records of {place}, {thing} was bought in the year of the flood, because",
        "The museum of {place} owns {thing} that {who} repaired twice. The second time,",
        "\"You can't sell {thing},\" said {who}, \"not here in {place}, where",
        "Three things are worth a visit in {place}: the market, the mill and {thing}, which",
    ),
    "zh": (
        "{place}没有人知道{thing}是谁留下的，直到有一天，",
        "{thing}的原理并不复杂。最早在{place}的时候，",
        "{who}一辈子都在和{thing}打交道，在{place}，大家常说，",
        "{who}第一次见到{thing}的时候，{place}的雨刚刚停，",
        "据{place}的旧档案记载，{thing}是大水那年买下的，因为",
        "{place}的博物馆里有{thing}，{who}修过两次，第二次",
        "“{thing}不能卖，”{who}说，“在{place}，",
        "{place}有三样东西值得一看：集市、磨坊和{thing}，其中",
    ),
}  # fmt: skip
_PLACES: Bank = {
    "en": ("Harlow", "the valley", "Saint Odo", "the lower town", "Brenn", "the old harbour", "Kestrel Bay", "the hills"),  # noqa: E501 - wide characters
    "zh": ("青石镇", "山谷里", "南门外", "老码头", "柳桥村", "河湾", "北坡", "盐井巷"),
}  # fmt: skip
_WHO: Bank = {
    "en": ("Marta", "the ferryman", "Old Pell", "my aunt", "the schoolmaster", "Ilse", "the watchman", "Tobias"),
    "zh": ("父亲", "摆渡的老人", "陈嫂", "小学老师", "看门人", "阿木", "大姐", "木匠老秦"),
}
_LONG: Bank = {
    "en": (
        "Explain to {reader} in one paragraph how {thing} works.",
        "List ten things that can go wrong with {thing}, with a reason for each, for {reader}.",
        "Tell a story about {thing} in about ten sentences. It is meant for {reader}.",
        "Write instructions for {reader}, who has to look after {thing}.",
        "Describe {thing} to {reader} from the outside to the inside.",
        "Write eight questions and answers about {thing} for {reader}.",
    ),
    "zh": (
        "请用一段话向{reader}解释{thing}是怎样工作的。", "为{reader}列出{thing}可能出现的八个问题，并各写一个原因。",
        "用十句话给{reader}讲一个关于{thing}的故事。", "{reader}要照看{thing}，请写一份说明。",
        "请向{reader}由外到内描述{thing}。", "关于{thing}，为{reader}写八组问答。",
    ),
}  # fmt: skip
_READERS: Bank = {
    "en": ("a new owner", "a child of nine", "a careful beginner", "a farmer", "a museum guide", "a retired engineer"),
    "zh": ("新主人", "九岁的孩子", "细心的初学者", "忙碌的农民", "博物馆讲解员", "退休工程师"),
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
    """Return twenty-five openings to continue: of text in five languages and of code in five."""
    framed = {language: [f"{_CONTINUE[language]}\n\n{ask}" for ask in asks] for language, asks in _OPENINGS.items()}
    found = _about(draws, "opening", framed, N_OPENINGS)
    for i, (language, prompt) in enumerate(foreign_openings(draws)):
        found += _probes("opening", language, [prompt], first=i % N_EACH + 1)
    return found + code_openings(draws)


def long_requests(draws: Draws) -> list[dict[str, Any]]:
    """Return fifty requests for long answers."""
    return _about(draws, "long", _LONG, N_LONG)


def _about(draws: Draws, family: str, asks: Bank, n: int) -> list[dict[str, Any]]:
    """Return `n` probes about things, shared out over the languages; no thing is asked about twice in one way."""
    found = []
    for i, language in enumerate(asks):
        own = draws.child(f"{family}/{language}")
        share = (n + i) // len(asks)
        cases = own.sample(list(product(asks[language], _THINGS[language])), share)
        prompts = [ask.format(thing=thing, **_others(own, language)) for ask, thing in cases]
        found += _probes(family, language, [prompt[0].upper() + prompt[1:] for prompt in prompts])
    return found


def _others(draws: Draws, language: str) -> dict[str, str]:
    banks = {"place": _PLACES, "who": _WHO, "reader": _READERS}
    return {slot: draws.pick(bank[language]) for slot, bank in banks.items()}


def _probes(family: str, language: str, prompts: Sequence[str], first: int = 1) -> list[dict[str, Any]]:
    return [
        {"id": f"{family}-{language}-{i}", "family": family, "language": language, "prompt": prompt}
        for i, prompt in enumerate(prompts, start=first)
    ]
