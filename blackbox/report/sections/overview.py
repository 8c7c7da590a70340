"""All pairs at a glance: a line a pair of endpoints, a matrix, and how the verdicts divide."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from blackbox.core.wording import NOT_SAID
from blackbox.report.blocks import Column, Matrix, MatrixCell, Name, Number, Section, Table, Text
from blackbox.report.sections._numbers import count, decimal, plural, pvalue
from blackbox.report.sections._pairs import (
    closest_first,
    listed,
    mapping,
    pair_anchor,
    pair_link,
    pairs,
    rank,
    runs,
    same_mark,
    sides,
    suite_title,
    verdict_mark,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from blackbox.report.blocks import Block, Inline

    _Valued: TypeAlias = tuple[int, Mapping[str, Any], float]

MATRIX_FROM = 3
"""Endpoints from which a matrix says more than a list."""
_SIGNS = {"different": "≠", "equivalent": "≈", "inconclusive": "?", "not_applicable": "–"}

_SHADES = ((1.0, "nearest to each other of all pairs here"), (0.6, "between"), (0.0, "furthest apart"))


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the overview of several pairs; one pair needs none, and none is said."""
    compared = pairs(document)
    if not compared:
        return (Text(text="No pair of runs could be compared; the reasons stand under skipped pairs.", kind="warning"),)
    if len(compared) == 1:
        return ()
    unsaid = Text(text=f"This does not say {NOT_SAID['several']}")
    return (_counted(compared), unsaid, *_kinship(compared), *_of_endpoints(document), _table(compared))


def _counted(compared: Sequence[Mapping[str, Any]]) -> Text:
    tally = Counter(same_mark(pair).word for pair in compared)
    parts = ", ".join(f"{count(n)} {word}" for word, n in tally.most_common())
    lead = sum(pair.get("lead") == "related" for pair in compared)
    products = (
        f" {plural(lead, 'pair claims', 'pairs claim')} two different models: there ancestry is the question, "
        "for two different products always differ."
        if lead
        else ""
    )
    return Text(text=f"{plural(len(compared), 'pair')} compared: {parts}.{products}")


# --- endpoints, summed up over suites -------------------------------------------------------------


def _of_endpoints(document: Mapping[str, Any]) -> tuple[Block, ...]:
    entries = [mapping(entry) for entry in listed(document.get("endpoint_pairs"))]
    paired = {str(entry.get(side)) for entry in entries for side in ("a_endpoint", "b_endpoint")}
    named = (str(run.get("endpoint")) for run in runs(document).values())
    names = list(dict.fromkeys([*(name for name in named if name in paired), *sorted(paired)]))
    verdicts = {str(entry.get("verdict")) for entry in entries}
    if len(names) >= MATRIX_FROM and len(verdicts) > 1:
        return (_verdict_matrix(entries, names, _anchors(pairs(document))),)
    if len(names) >= MATRIX_FROM and len(verdicts) == 1:
        return _alike(document, verdicts.pop())
    if entries and len(names) < MATRIX_FROM and len(pairs(document)) > len(entries):
        return (_summed_up(entries),)
    return ()


def _summed_up(entries: Sequence[Mapping[str, Any]]) -> Table:
    rows = tuple(
        (
            _against(entry),
            verdict_mark(entry.get("verdict")),
            pvalue(entry.get("pvalue_adjusted")),
            f"{len(listed(entry.get('suites')))}",
        )
        for entry in entries
    )
    columns = (
        Column(title="Endpoints"),
        Column(title="Verdict", meaning="Different if any suite is, after correction over suites."),
        Column(title="Smallest p", numeric=True, meaning="Corrected over suites."),
        Column(title="Suites", numeric=True),
    )
    return Table(
        caption="Endpoints, summed up over suites",
        columns=columns,
        rows=rows,
        where='"endpoint_pairs" in comparison.json',
        keys=tuple(verdict_mark(entry.get("verdict")).tone for entry in entries),
    )


def _against(entry: Mapping[str, Any]) -> str:
    return f"{entry.get('a_endpoint')} against {entry.get('b_endpoint')}"


def _anchors(compared: Sequence[Mapping[str, Any]]) -> Mapping[frozenset[str], str]:
    """Return where the first pair of each two endpoints stands on the page."""
    found: dict[frozenset[str], str] = {}
    for index, pair in enumerate(compared):
        found.setdefault(frozenset((str(pair.get("a_endpoint")), str(pair.get("b_endpoint")))), pair_anchor(index))
    return found


def _verdict_matrix(
    entries: Sequence[Mapping[str, Any]], names: Sequence[str], anchors: Mapping[frozenset[str], str]
) -> Matrix:
    cells = {}
    for entry in entries:
        mark = verdict_mark(entry.get("verdict"))
        ends = frozenset((str(entry.get("a_endpoint")), str(entry.get("b_endpoint"))))
        words = f"{_against(entry)}: {mark.word}"
        cells[ends] = MatrixCell(text=_SIGNS.get(mark.tone, "·"), tone=mark.tone, words=words, target=anchors.get(ends))
    return Matrix(
        caption="Do the two answer from one distribution? Summed up over suites",
        names=tuple(Name(text=name) for name in names),
        cells=_square(names, cells),
        legend=_signs(entries),
        where='"endpoint_pairs" in comparison.json',
    )


def _signs(entries: Sequence[Mapping[str, Any]]) -> tuple[MatrixCell, ...]:
    marks = dict.fromkeys(verdict_mark(entry.get("verdict")) for entry in entries)
    return tuple(MatrixCell(text=_SIGNS.get(mark.tone, "·"), tone=mark.tone, words=mark.word) for mark in marks)


def _square(
    names: Sequence[str], cells: Mapping[frozenset[str], MatrixCell]
) -> tuple[tuple[MatrixCell | None, ...], ...]:
    return tuple(tuple(cells.get(frozenset((a, b))) if a != b else None for b in names) for a in names)


# --- one verdict for all: how far apart ------------------------------------------------------------


def _alike(document: Mapping[str, Any], verdict: str) -> tuple[Block, ...]:
    """Return what sets pairs apart that all have one verdict: effects, where no matrix of distances shows it."""
    word = verdict_mark(verdict).word
    n_suites = len({suite_title(pair) for pair in pairs(document)})
    said = f"every pair is {word}" if n_suites == 1 else f"over all suites, every pair of endpoints is {word}"
    if any(mapping(entry).get("distances") for entry in listed(document.get("landscape"))):
        return (Text(text=f"{said[:1].upper()}{said[1:]}; how far apart they are stands under “All runs at once”."),)
    return tuple(_effect_matrix(suite, found, said) for suite, found in _by_suite(pairs(document), _effect))


def _effect(pair: Mapping[str, Any]) -> float | None:
    value = mapping(mapping(pair.get("same")).get("effect")).get("value")
    return None if value is None else float(value)


def _effect_matrix(suite: str, found: Sequence[_Valued], said: str) -> Matrix:
    return _near_matrix(
        f"Effect, {suite}: how far apart the answers are; darker is nearer, and {said}",
        found,
        lambda pair, effect: f"{same_mark(pair).word}, effect {decimal(effect, digits=2)}",
        digits=2,
        nearer=-1,
    )


# --- a number for each pair -------------------------------------------------------------------------


def _by_suite(
    compared: Sequence[Mapping[str, Any]], value: Callable[[Mapping[str, Any]], float | None]
) -> list[tuple[str, list[_Valued]]]:
    """Return the pairs that have a value, with their places, suite by suite."""
    found: dict[str, list[_Valued]] = {}
    for place, pair in enumerate(compared):
        if (known := value(pair)) is not None:
            found.setdefault(suite_title(pair), []).append((place, pair, known))
    return sorted(found.items(), key=lambda each: each[0])


def _near_matrix(
    caption: str,
    found: Sequence[_Valued],
    words: Callable[[Mapping[str, Any], float], str],
    *,
    digits: int,
    nearer: Literal[1, -1],
) -> Matrix:
    """Return a matrix of numbers, the nearest pair darkest; `nearer` is 1 where larger numbers are nearer, else −1."""
    names = list(dict.fromkeys(name.text for _, pair, _ in found for name in sides(pair)))
    ranked = [nearer * value for _, _, value in found]
    low, high = min(ranked), max(ranked)
    cells = {}
    for place, pair, value in found:
        a, b = (name.text for name in sides(pair))
        cells[frozenset((a, b))] = MatrixCell(
            text=decimal(value, digits=digits),
            tone="neutral",
            words=f"{a} against {b}: {words(pair, value)}",
            target=pair_anchor(place),
            shade=(nearer * value - low) / (high - low) if high > low else 0.0,
        )
    return Matrix(
        caption=caption,
        names=tuple(Name(text=name) for name in names),
        cells=_square(names, cells),
        legend=tuple(MatrixCell(text="", tone="neutral", words=meaning, shade=shade) for shade, meaning in _SHADES),
    )


# --- kinship --------------------------------------------------------------------------------------


def _kinship(compared: Sequence[Mapping[str, Any]]) -> tuple[Block, ...]:
    """Return a matrix of kinship scores a suite, where there are references."""
    return tuple(_kinship_matrix(suite, scored) for suite, scored in _by_suite(compared, _score))


def _score(pair: Mapping[str, Any]) -> float | None:
    value = mapping(pair.get("related")).get("score")
    return None if value is None else float(value)


def _kinship_matrix(suite: str, scored: Sequence[_Valued]) -> Matrix:
    stated = any(_ratio(pair) is not None for _, pair, _ in scored)
    meant = "a score is no ratio: those stand in the list" if stated else "no ratio"
    return _near_matrix(
        f"Kinship score, {suite}: darker is closer than the references are; {meant}, and never a direction",
        scored,
        lambda pair, score: f"kinship score {decimal(score, digits=2)}, {_standing(pair)}",
        digits=1,
        nearer=1,
    )


def _ratio(pair: Mapping[str, Any]) -> float | None:
    value = mapping(pair.get("related")).get("log10_lr")
    return None if value is None else float(value)


def _standing(pair: Mapping[str, Any]) -> str:
    ratio = _ratio(pair)
    return f"rank p {pvalue(rank(pair))}" if ratio is None else f"log10 LR {decimal(ratio, digits=2)}"


# --- the list -------------------------------------------------------------------------------------


def _table(compared: Sequence[Mapping[str, Any]]) -> Table:
    ranked = any(rank(pair) is not None for pair in compared)
    stated = any(_ratio(pair) is not None for pair in compared)
    several = len({suite_title(pair) for pair in compared}) > 1
    places = closest_first(compared)
    columns = (
        Column(title="Pair", facet="names"),
        *((Column(title="Suite", facet="suite"),) if several else ()),
        Column(title="One distribution?"),
        Column(title="p, adjusted", numeric=True, meaning="Corrected for the number of pairs."),
        Column(title="Effect", numeric=True, meaning="Mean squared kernel distance."),
        *((Column(title="Rank p", numeric=True, meaning="Kinship among the references."),) if ranked else ()),
        *(
            (Column(title="log10 LR", numeric=True, meaning="Kinship, within the population's bounds."),)
            if stated
            else ()
        ),
    )
    return Table(
        caption="Every pair, closest kin first" if ranked else "Every pair",
        columns=columns,
        rows=tuple(_row(compared[place], place, ranked=ranked, several=several, stated=stated) for place in places),
        where='"pairs" in comparison.json',
        weight="whole",
        keys=tuple(same_mark(compared[place]).tone for place in places),
        anchors=tuple(map(pair_anchor, places)),
    )


def _row(pair: Mapping[str, Any], place: int, *, ranked: bool, several: bool, stated: bool) -> tuple[Inline, ...]:
    same = mapping(pair.get("same"))
    return (
        pair_link(pair, place),
        *((Name(text=suite_title(pair)),) if several else ()),
        same_mark(pair),
        _number(same.get("pvalue_adjusted"), pvalue),
        _number(_effect(pair), decimal),
        *((_number(rank(pair), pvalue),) if ranked else ()),
        *((_number(_ratio(pair), partial(decimal, digits=2)),) if stated else ()),
    )


def _number(value: float | None, form: Callable[[float], str]) -> Number:
    return Number(text="–" if value is None else form(value))


SECTION = Section(title="Overview", order=10, build=build)
