"""Page → text for a terminal: plain by default, cut to what a screen holds, no control byte from outside."""

from __future__ import annotations

from functools import singledispatch
from io import StringIO
from itertools import islice
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from blackbox.report import blocks
from blackbox.report.renderers import terminal_figures as figures
from blackbox.report.renderers.terminal_words import ELSEWHERE, inline, left_out, line, mark, quoted, sentence, title
from blackbox.report.visible import visible

if TYPE_CHECKING:
    from blackbox.report.blocks import Block, Page

MIN_WIDTH = 40
MAX_PAIRS = 3
"""Up to this many pairs are shown in detail."""
_EXHIBITS = 3
_ANSWERS = 1
_QUOTED_CHARACTERS = 320
_INDENT = (0, 0, 0, 2)


def render(page: Page, *, width: int = 80, color: bool = False) -> str:
    """Return the page as lines of at most `width` columns, commands to copy excepted, without trailing spaces.

    Args:
        page: The report.
        width: Columns of the terminal, 40 at least.
        color: Whether colour codes are used; without them the text holds no control byte but line feeds.
    """
    out = StringIO()
    console = Console(
        file=out,
        width=max(MIN_WIDTH, width),
        color_system="standard" if color else None,
        force_terminal=color,
        no_color=not color,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )
    console.print(Group(*_page(page)), crop=False)
    return "\n".join(row.rstrip() for row in out.getvalue().splitlines()) + "\n"


def _page(page: Page) -> list[RenderableType]:
    heading = title(page.title)
    heading.stylize("bold")
    parts: list[RenderableType] = [heading, line(page.subtitle, "dim")]
    for part in (part for part in page.parts if not part.paper):
        folds = [block for block in part.blocks if isinstance(block, blocks.Fold) and block.mark]
        if len(folds) > MAX_PAIRS:
            parts.append(_heading(part.title, level=2))
            parts.append(line(f"{page.n_pairs:,} pairs in detail: {ELSEWHERE}, or name two runs to compare.", "dim"))
            continue
        parts.append(_drawn(part, 2))
    named = [title(part.title).plain for part in page.parts if part.paper]
    return [*parts, *((Text(), line(f"Only in report.html: {'; '.join(named)}.", "dim")) if named else ())]


def _heading(words: blocks.Title, *, level: int) -> RenderableType:
    text = title(words)
    text.stylize("bold")
    rule = Text("─" * min(text.cell_len, MIN_WIDTH), style="dim")
    return Group(Text(), text, rule) if level <= 2 else Group(Text(), text)  # noqa: PLR2004 - a page's sections


@singledispatch
def _drawn(block: Block, level: int) -> RenderableType:  # noqa: ARG001 - the level is for blocks with headings
    """Return what rich prints for a block."""
    raise TypeError(f"no terminal form for {type(block).__name__}")


@_drawn.register
def _(block: blocks.Text, level: int) -> RenderableType:  # noqa: ARG001
    style = {"body": "", "note": "dim", "warning": "bold"}[block.kind]
    return sentence(block.text, style)


@_drawn.register
def _(block: blocks.Bullets, level: int) -> RenderableType:  # noqa: ARG001
    sign = "!" if block.kind == "warning" else "•"
    return Group(*(figures.hanging(sign, inline(item)) for item in block.items))


@_drawn.register
def _(block: blocks.KeyValues, level: int) -> RenderableType:  # noqa: ARG001
    return figures.facts(block.facts, meanings=False)


@_drawn.register
def _(block: blocks.Verdict, level: int) -> RenderableType:  # noqa: ARG001
    parts: list[RenderableType] = [
        sentence(block.question, "dim"),
        mark(block.mark),
        sentence(block.sentence, "bold" if block.lead else ""),
        sentence(f"This does not say {block.not_said}"),
    ]
    if block.facts:
        parts.append(Padding(figures.facts(block.facts, meanings=block.lead), _INDENT))
    return Group(*parts, Text())


@_drawn.register
def _(block: blocks.Table, level: int) -> RenderableType:  # noqa: ARG001
    return figures.table(block)


@_drawn.register
def _(block: blocks.Scale, level: int) -> RenderableType:  # noqa: ARG001
    return figures.scale(block)


@_drawn.register
def _(block: blocks.Timeline, level: int) -> RenderableType:  # noqa: ARG001
    return figures.timeline(block)


@_drawn.register
def _(block: blocks.Matrix, level: int) -> RenderableType:  # noqa: ARG001
    return figures.matrix(block)


@_drawn.register
def _(block: blocks.Drawing, level: int) -> RenderableType:  # noqa: ARG001
    return Group(line(block.caption, "bold"), sentence(f"Drawn in report.html; the numbers: {block.where}.", "dim"))


@_drawn.register
def _(block: blocks.Exhibits, level: int) -> RenderableType:  # noqa: ARG001
    shown = [_exhibit(item) for item in block.items[:_EXHIBITS]]
    return Group(*shown, *left_out(len(block.items) - _EXHIBITS, len(block.items), "probes with answers", block.where))


def _exhibit(item: blocks.Exhibit) -> RenderableType:
    asked = Text.assemble(
        (visible(item.probe.text), "bold"), "  ", quoted(item.prompt, _QUOTED_CHARACTERS, lines=False)
    )
    shown = figures.bars(item.shown) if isinstance(item.shown, blocks.Bars) else _answers(item.shown)
    return Group(asked, Padding(shown, _INDENT), Text())


def _answers(block: blocks.Answers) -> RenderableType:
    parts: list[RenderableType] = []
    for side, name, given in (("A", block.a, block.of_a), ("B", block.b, block.of_b)):
        parts.append(line(f"{side} · {name.text}", "bold"))
        for answer in islice(given, _ANSWERS):
            parts.append(Padding(quoted(answer.quote, _QUOTED_CHARACTERS, lines=True), _INDENT))
            parts.append(Padding(line(f"{answer.key.text}, {answer.outcome}", "dim"), _INDENT))
        parts.extend(left_out(len(given) - _ANSWERS, len(given), "answers", ELSEWHERE))
        if not given:
            parts.append(Padding(line("No answer is held here.", "dim"), _INDENT))
    return Group(*parts)


@_drawn.register
def _(block: blocks.Finder, level: int) -> RenderableType:  # noqa: ARG001
    return sentence(f"Answers of {len(block.items):,} probes can be looked up in report.html; {block.where}.", "dim")


@_drawn.register
def _(block: blocks.Reply, level: int) -> RenderableType:  # noqa: ARG001
    note = line(block.note, "dim")
    return Group(quoted(block.text, _QUOTED_CHARACTERS, lines=True), note) if block.text else note


@_drawn.register
def _(block: blocks.Command, level: int) -> RenderableType:  # noqa: ARG001
    return Group(*(Text("  " + visible(row), no_wrap=True, overflow="ignore") for row in block.lines))


@_drawn.register
def _(block: blocks.Group, level: int) -> RenderableType:
    return Group(_heading(block.title, level=level), *(_drawn(inner, level + 1) for inner in block.blocks))


@_drawn.register
def _(block: blocks.Fold, level: int) -> RenderableType:
    if not block.open:
        return Text.assemble(title(block.title), f": {ELSEWHERE}.", style="dim")
    heading = title(block.title)
    heading.stylize("bold")
    if block.mark is None:
        return Group(Text(), heading, *(_drawn(inner, level + 1) for inner in block.blocks))
    brief = [inner for inner in block.blocks if isinstance(inner, blocks.Group) and inner.brief]
    more = line(f"More on this pair: {ELSEWHERE}, or name its two runs to compare.", "dim")
    return Group(Text(), heading, *(_drawn(inner, level + 1) for inner in brief), Text(), more)
