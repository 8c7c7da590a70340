"""Puzzles of logic, order and place, each solved by trying every case."""

from __future__ import annotations

from itertools import combinations, permutations, product
from typing import TYPE_CHECKING

from blackbox.suites.families.puzzles import NAMES, Language, Puzzle, numeric, said, worded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from blackbox.suites.families.draws import Draws

    Order = tuple[int, ...]
    Model = frozenset[int]

COMPASS = {"en": ("north", "east", "south", "west"), "zh": ("北", "东", "南", "西")}
_WORDS = {
    "en": ("blickets", "daxes", "feps", "glorps", "mivs", "tomas", "wugs", "zibs"),
    "zh": ("布力卡", "达克斯", "菲普", "格洛普", "米夫", "托玛", "乌格", "兹布"),
}
_N_RUNNERS = 5


def ordering(draws: Draws, language: Language) -> Puzzle:
    """Who came in where, from clues that leave exactly one order."""
    names = NAMES[language][:_N_RUNNERS]
    truth = tuple(draws.shuffled(range(_N_RUNNERS)))
    left = list(permutations(range(_N_RUNNERS)))
    said_clues: list[str] = []
    for text, holds in draws.shuffled(_clues(truth, names, language)):
        kept = [order for order in left if holds(order)]
        if len(kept) < len(left):
            left, said_clues = kept, [*said_clues, text]
        if len(left) == 1:
            break
    place = draws.between(2, 4)
    clues = said(language, en=" ", zh="").join(said_clues)
    question = said(
        language,
        en=f"{', '.join(names)} ran a race without ties. {clues} Who came in {_nth(place)}?",
        zh=f"{'、'.join(names)}赛跑，没有并列。{clues}谁是第{place}名？",
    )
    return worded(draws, question, names[truth.index(place - 1)], names)


def _nth(place: int) -> str:
    return {2: "second", 3: "third", 4: "fourth"}[place]


def _clues(truth: Order, names: Sequence[str], language: Language) -> list[tuple[str, Callable[[Order], bool]]]:
    """Return every true clue: who was faster, who was apart by two; `truth[i]` is the place of runner i."""
    found: list[tuple[str, Callable[[Order], bool]]] = []
    for i, j in permutations(range(_N_RUNNERS), 2):
        if truth[i] < truth[j]:
            text = said(language, en=f"{names[i]} was faster than {names[j]}.", zh=f"{names[i]}比{names[j]}快。")
            found.append((text, lambda order, i=i, j=j: order[i] < order[j]))  # type: ignore[misc]
        if i < j and abs(truth[i] - truth[j]) == 2:  # noqa: PLR2004 - exactly one between
            text = said(
                language,
                en=f"Exactly one runner came in between {names[i]} and {names[j]}.",
                zh=f"{names[i]}和{names[j]}之间恰好隔着一个人。",
            )
            found.append((text, lambda order, i=i, j=j: abs(order[i] - order[j]) == 2))  # type: ignore[misc]  # noqa: PLR2004
    return found


def knights(draws: Draws, language: Language) -> Puzzle:
    """Who tells the truth, of three who accuse each other; exactly one case fits."""
    names = draws.sample(NAMES[language], 3)
    while True:
        claims = [(i, draws.pick([j for j in range(3) if j != i]), draws.below(2) == 1) for i in range(3)]
        count = draws.below(2) == 1
        fitting = [case for case in product((False, True), repeat=3) if _fits(case, claims, count=count)]
        if len(fitting) == 1:
            break
    lines = [_claim(names[i], names[j], honest=honest, language=language) for i, j, honest in claims]
    if count:
        lines.append(said(language, en="Exactly one of the three is a knave.", zh="三人中恰好有一个是骗子。"))
    head = said(
        language,
        en="Knights always tell the truth, knaves always lie. ",
        zh="君子总说真话，骗子总说假话。",
    )
    ask = said(language, en=" Who is a knight?", zh="谁是君子？")
    body = said(language, en=" ", zh="").join(lines)
    cases = [_named(case, names, language) for case in product((False, True), repeat=3)]
    return worded(draws, f"{head}{body}{ask}", _named(fitting[0], names, language), cases)


def _fits(case: Sequence[bool], claims: Sequence[tuple[int, int, bool]], *, count: bool) -> bool:
    honest = all(case[i] == (case[j] == says) for i, j, says in claims)
    return honest and (not count or sum(case) == 2)  # noqa: PLR2004 - one knave of three


def _claim(who: str, whom: str, *, honest: bool, language: Language) -> str:
    kind = said(language, en="a knight" if honest else "a knave", zh="君子" if honest else "骗子")
    return said(language, en=f"{who} says: {whom} is {kind}.", zh=f"{who}说：“{whom}是{kind}。”")


def _named(case: Sequence[bool], names: Sequence[str], language: Language) -> str:
    knights_of = [name for name, honest in zip(names, case, strict=True) if honest]
    return said(language, en=" and ", zh="和").join(knights_of) or said(language, en="none of them", zh="都不是")


def syllogism(draws: Draws, language: Language) -> Puzzle:
    """Which conclusion follows from two premises, and in every possible world."""
    words = draws.sample(_WORDS[language], 3)
    statements = [(kind, i, j) for kind in ("all", "no", "some", "not-all") for i, j in permutations(range(3), 2)]
    while True:
        premises = draws.sample(statements, 2)
        worlds = [world for world in _worlds() if all(_true(each, world) for each in premises)]
        follows = [s for s in statements if s not in premises and all(_true(s, world) for world in worlds)]
        not_said = [s for s in follows if not _mirrors(s, premises)]
        fails = [s for s in statements if s not in premises and s not in follows]
        if worlds and not_said and len(fails) >= 3:  # noqa: PLR2004 - three wrong answers
            break
    head = said(language, en=" ", zh="").join(_spoken(s, words, language) for s in premises)
    ask = said(language, en="Which statement must then be true?", zh="由此可以推出哪一句一定为真？")
    right = _spoken(draws.pick(not_said), words, language)
    wrong = [_spoken(s, words, language) for s in fails]
    exist = said(
        language,
        en=f"There is at least one of the {words[0]}, of the {words[1]} and of the {words[2]}.",
        zh=f"{words[0]}、{words[1]}、{words[2]}都至少存在一个。",
    )
    return worded(draws, said(language, en=f"{exist} {head} {ask}", zh=f"{exist}{head}{ask}"), right, wrong)


def _worlds() -> list[Model]:
    """Return every world: which of the seven kinds of things exist (bit i: it is one of word i), no word empty."""
    worlds = (frozenset(world) for n in range(1, 8) for world in combinations(range(1, 8), n))
    return [world for world in worlds if all(any(kind >> word & 1 for kind in world) for word in range(3))]


def _true(statement: tuple[str, int, int], world: Model) -> bool:
    kind, i, j = statement
    both = any(k >> i & 1 and k >> j & 1 for k in world)
    only = any(k >> i & 1 and not k >> j & 1 for k in world)
    return {"all": not only, "no": not both, "some": both, "not-all": only}[kind]


def _mirrors(statement: tuple[str, int, int], premises: Sequence[tuple[str, int, int]]) -> bool:
    """Return whether a statement only turns a premise around, or weakens it."""
    _, i, j = statement
    return any({i, j} == {a, b} for _, a, b in premises)


def _spoken(statement: tuple[str, int, int], words: Sequence[str], language: Language) -> str:
    kind, i, j = statement
    en = {
        "all": "All {a} are {b}.", "no": "No {a} are {b}.", "some": "Some {a} are {b}.",
        "not-all": "Some {a} are not {b}.",
    }  # fmt: skip
    zh = {
        "all": "所有{a}都是{b}。", "no": "没有{a}是{b}。", "some": "有些{a}是{b}。", "not-all": "有些{a}不是{b}。",
    }  # fmt: skip
    return said(language, en=en[kind], zh=zh[kind]).format(a=words[i], b=words[j])


def turns(draws: Draws, language: Language) -> Puzzle:
    """Which way somebody looks after several turns."""
    start, steps = draws.below(4), [draws.pick((1, 2, 3)) for _ in range(draws.between(4, 6))]
    names = COMPASS[language]
    en = {1: "right", 2: "around", 3: "left"}
    zh = {1: "右转", 2: "向后转", 3: "左转"}
    question = said(
        language,
        en=f"You look {names[start]} and turn {', then '.join(en[s] for s in steps)}. Which way do you look now?",
        zh=f"你面朝{names[start]}，依次{'、'.join(zh[s] for s in steps)}。现在面朝哪个方向？",
    )
    return worded(draws, question, names[(start + sum(steps)) % 4], names)


def walk(draws: Draws, language: Language) -> Puzzle:
    """Blocks from home after a walk on a grid."""
    names = COMPASS[language]
    legs = [(draws.below(4), draws.between(2, 9)) for _ in range(5)]
    x = sum((n if way == 1 else -n) for way, n in legs if way in {1, 3})
    y = sum((n if way == 0 else -n) for way, n in legs if way in {0, 2})
    en = ", ".join(f"{n} blocks {names[way]}" for way, n in legs)
    zh = "，".join(f"向{names[way]}走{n}格" for way, n in legs)
    question = said(
        language,
        en=f"From home you walk {en}. How many blocks, along the streets, is the shortest way home?",
        zh=f"从家出发，{zh}。沿着方格路回家，最短要走多少格？",
    )
    return numeric(draws, question, abs(x) + abs(y), (sum(n for _, n in legs), abs(x + y), abs(x) + abs(y) + 2, abs(y)))
