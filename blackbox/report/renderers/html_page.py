"""Page → one offline HTML file: no request, everything escaped, readable without its script, small to forward."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from blackbox.report.blocks import Fold, Mark, Table
from blackbox.report.renderers import matrices
from blackbox.report.renderers.timeline import drawing
from blackbox.report.visible import pieces, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blackbox.report.blocks import Block, Inline, Page, Scale

MAX_BYTES = 3_000_000
"""A page above this is drawn again with fewer rows and answers."""
_SHARES = (1.0, 0.5, 0.25, 0.1, 0.04, 0.01)
_HALVINGS = 3
"""Between the first share that fits and the one before it: what is left out is little more than need be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much of what grows with the data is drawn.

    Args:
        whole_rows: Rows of a table that stands once a report.
        long_rows: Rows of a table that stands once a pair and grows with the suite.
        short_rows: Rows of any other table.
        exhibits: Probes with answers, a pair.
        folds: Pairs with details.
        characters: Of one quoted text.
        names: Endpoints of a matrix that is a table.
        drawn_names: Endpoints of a matrix that is a drawing.
        sayings: Different answers to look up, all probes together.
    """

    whole_rows: int
    long_rows: int
    short_rows: int
    exhibits: int
    folds: int
    characters: int
    names: int = 24
    drawn_names: int = 150
    sayings: int = 3_000


class _Drawing:
    """Draws blocks through the macro of their kind; `serial` keeps element ids apart."""

    def __init__(self, page: Page, limits: Budget) -> None:
        self._serial = count(1)
        self._limits = limits
        context: dict[str, Any] = {"newline": Markup("\n"), "budget": limits, "serial": self._next}
        folds = frozenset(self._anchors(page))
        targets = folds.union(self._row_anchors(page))
        context |= {"n_pairs": page.n_pairs, "folds": folds, "targets": targets}
        context |= {"squared": partial(matrices.squared, drawn=targets)}
        context |= {"draw": self.block, "inline": self.inline, "within_budget": self._within_budget}
        self._macros = _environment().get_template("blocks.html.j2").make_module(context)

    def _next(self) -> int:
        return next(self._serial)

    def block(self, block: Block, level: int) -> Markup:
        """Return a block as markup; its heading, if any, is of this level."""
        return Markup(self._macro(block)(block, level))  # noqa: S704 - what an escaping macro made

    def inline(self, part: Inline) -> Markup:
        """Return a part of a line as markup."""
        return Markup(self._macro(part)(part))  # noqa: S704 - what an escaping macro made

    def _within_budget(self, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        """Return the blocks without the folds of pairs beyond the budget."""
        folds = (place for place, block in enumerate(blocks) if isinstance(block, Fold) and block.mark)
        dropped = frozenset(islice(folds, self._limits.folds, None))
        return tuple(block for place, block in enumerate(blocks) if place not in dropped)

    def _anchors(self, page: Page) -> Iterator[str]:
        """Yield the anchors of the folds that are drawn: what a link may lead to."""
        for part in page.parts:
            yield from (block.anchor for block in self._within_budget(part.blocks) if isinstance(block, Fold))

    def _row_anchors(self, page: Page) -> Iterator[str]:
        """Yield the anchors of the rows that are drawn."""
        for part in page.parts:
            for block in part.blocks:
                if isinstance(block, Table):
                    yield from block.anchors[: self._limits.whole_rows]

    def _macro(self, part: object) -> Any:  # noqa: ANN401 - a jinja macro
        return getattr(self._macros, "words" if isinstance(part, str) else type(part).__name__.lower())


def render(page: Page) -> str:
    """Return the page as HTML, cut until it is small enough to forward."""
    above, html = 0.0, ""
    for share in _SHARES:
        html = _drawn(page, budget(page.n_pairs, share))
        if _fits(html):
            return _between(page, html, share, above) if above else html
        above = share
    return html


def _between(page: Page, html: str, share: float, above: float) -> str:
    """Return the page with the largest share tried between one that fits, whose page is given, and one that doesn't."""
    for _ in range(_HALVINGS):
        middle = (share + above) / 2
        drawn = _drawn(page, budget(page.n_pairs, middle))
        if _fits(drawn):
            html, share = drawn, middle
        else:
            above = middle
    return html


def _fits(html: str) -> bool:
    return len(html.encode("utf-8")) <= MAX_BYTES


def budget(n_pairs: int, share: float = 1.0) -> Budget:
    """Return what may be drawn for this many pairs, reduced to a share of it."""
    n = max(1, n_pairs)
    return Budget(
        whole_rows=max(50, min(5_000, int(share * 50_000))),
        long_rows=max(5, min(300, int(share * 1_500 / n))),
        short_rows=max(12, int(share * 60)),
        exhibits=max(1, min(20, int(share * 120 / n))),
        folds=max(10, int(share * (200 if n <= 200 else 60))),  # noqa: PLR2004 - the pairs of twenty runs
        characters=max(200, int(share * 4_000)),
        sayings=int(share * 3_000),
    )


def _drawn(page: Page, limits: Budget) -> str:
    css, js, drawing = _packaged("page.css"), _packaged("page.js"), _Drawing(page, limits)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            css=Markup(css),  # noqa: S704 - our own stylesheet, from the package
            style_hash=_source_hash(css),
            js=Markup(js),  # noqa: S704 - our own script, from the package
            script_hash=_source_hash(js),
            draw=drawing.block,
            inline=drawing.inline,
        )
    )


@cache
def _packaged(name: str) -> str:
    """Return our own style or script, its lines without what indents them."""
    text = resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
    return re.sub(r"\s*\n\s*", "\n", text).strip()


def _source_hash(text: str) -> str:
    """Return what a Content-Security-Policy allows inline text by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("blackbox.report.renderers", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    environment.filters |= matrices.FILTERS
    environment.filters |= {
        "pieces": pieces,
        "hundredths": _hundredths,
        "along": _along,
        "timeline": drawing,
        "choices": _choices,
    }
    return environment


def _finalized(value: Any) -> Any:  # noqa: ANN401 - jinja hands over whatever an expression gave
    """Show invisible characters of every printed text; escaping follows. Markup of our macros passes."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _choices(block: Table) -> list[tuple[str, str]]:
    """Return the tones that a table's rows can be chosen by, each with the words that its rows say it in."""
    said: dict[str, list[str]] = {}
    for tone, row in zip(block.keys, block.rows, strict=True):
        words = (cell.word for cell in row if isinstance(cell, Mark) and cell.tone == tone)
        said.setdefault(tone, []).extend(words)
    order = ("different", "inconclusive", "not_applicable", "equivalent", "neutral")
    return [("all", "all"), *((tone, " or ".join(dict.fromkeys(said[tone])) or tone) for tone in order if tone in said)]


def _hundredths(share: float) -> str:
    """Return a share as a bar's length of 100."""
    return f"{100 * min(1.0, max(0.0, share)):.3g}"


def _along(place: float, scale: Scale, left: float, right: float) -> float:
    """Return where a value of a scale lies between two ends of a drawing."""
    span = scale.high - scale.low or 1.0
    return round(left + (right - left) * (place - scale.low) / span, 1)
