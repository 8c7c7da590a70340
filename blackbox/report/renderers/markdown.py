"""Page → Markdown for a CI summary or a pull request: the brief sections, everything from outside inert.

Markdown viewers run HTML, links, mentions and tables; every text is made visible and every sign that any of them
would obey is escaped, so that a name or an answer can't draw, link or mention anything. Some services look for
addresses, mentions and issue numbers in the finished page, where no escape is left: there the sign itself is set
between brackets, as ⟨@⟩.
"""

from __future__ import annotations

import re
from functools import singledispatch
from typing import TYPE_CHECKING

from blackbox.report import blocks
from blackbox.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blackbox.report.blocks import Block, Inline, Page, Title

MAX_ROWS = 50
"""Rows of a table; a summary page holds a megabyte at most."""
MAX_FOLDS = 10
"""Pairs shown in detail."""
_QUOTED_CHARACTERS = 160
_OBEYED = re.compile(r"([\\`*_{}\[\]()<>#+\-!|~@:&$^=])")
_SOUGHT = re.compile(
    r"(?<!\w)@(?=\w)"  # a mention
    r"|(?<=[\w.+-])@(?=[\w-]+\.\w)"  # an e-mail address
    r"|(?<=\w):(?=//)"  # an address
    r"|(?i:(?<=\bwww))\."
    r"|#(?=\d)|(?i:(?<=\bGH))-(?=\d)"  # an issue
)
"""What services turn into links after Markdown was read."""
_NUMBERED = re.compile(r"^(\d+)\.")
_INDENTED = re.compile(r"^ {4,}")
_SIGNS = {"different": "≠", "inconclusive": "?", "not_applicable": "–", "equivalent": "≈", "neutral": "·"}


def render(page: Page) -> str:
    """Return the page's brief sections as Markdown."""
    parts = [f"# {_title(page.title)}", _escaped(page.subtitle)]
    for part in page.parts:
        inner = "\n\n".join(text for text in _group(part, level=2) if text)
        if inner:
            parts.append(inner)
    return "\n\n".join(part for part in parts if part) + "\n"


def _group(group: blocks.Group, *, level: int) -> Iterator[str]:
    folds = [block for block in group.blocks if isinstance(block, blocks.Fold)]
    if not group.brief and not folds:
        return
    yield f"{'#' * level} {_title(group.title)}"
    for block in group.blocks:
        if not isinstance(block, blocks.Fold):
            yield _drawn(block, level + 1)
    for fold in folds[:MAX_FOLDS]:
        yield from _fold(fold, level=level + 1)
    yield _left_out(len(folds) - MAX_FOLDS, len(folds), "pairs in detail", "in the HTML report")


def _fold(fold: blocks.Fold, *, level: int) -> Iterator[str]:
    mark = f" — {_inline(fold.mark)}" if fold.mark else ""
    yield f"{'#' * level} {_title(fold.title)}{mark}"
    for block in fold.blocks:
        if isinstance(block, blocks.Group):
            yield from _group(block, level=level + 1)
        else:
            yield _drawn(block, level + 1)


@singledispatch
def _drawn(block: Block, level: int) -> str:  # noqa: ARG001 - the level is for blocks with headings
    """Return a block as Markdown; figures and answers are left to the HTML report."""
    return ""


@_drawn.register
def _(block: blocks.Text, level: int) -> str:  # noqa: ARG001
    text = _escaped(block.text)
    return f"**{text}**" if block.kind == "warning" else text


@_drawn.register
def _(block: blocks.Bullets, level: int) -> str:  # noqa: ARG001
    return "\n".join(f"- {_inline(item)}" for item in block.items)


@_drawn.register
def _(block: blocks.KeyValues, level: int) -> str:  # noqa: ARG001
    return _facts(block.facts)


@_drawn.register
def _(block: blocks.Verdict, level: int) -> str:
    heading = f"{'#' * level} {_escaped(block.question)}"
    said = f"**{_inline(block.mark)}** — {_escaped(block.sentence)}"
    parts = (heading, said, f"This does not say {_escaped(block.not_said)}", _facts(block.facts))
    return "\n\n".join(part for part in parts if part)


@_drawn.register
def _(block: blocks.Table, level: int) -> str:  # noqa: ARG001
    head = "| " + " | ".join(_escaped(column.title) or " " for column in block.columns) + " |"
    rule = "|" + "|".join(" ---: " if column.numeric else " --- " for column in block.columns) + "|"
    rows = ["| " + " | ".join(_inline(cell) for cell in row) + " |" for row in block.rows[:MAX_ROWS]]
    cut = _left_out(len(block.rows) - MAX_ROWS, len(block.rows), "rows", block.where)
    table = "\n".join((head, rule, *rows))
    return f"**{_escaped(block.caption)}**\n\n{table}" + (f"\n\n{cut}" if cut else "")


@_drawn.register
def _(block: blocks.Scale, level: int) -> str:  # noqa: ARG001
    return _escaped(block.description)


@_drawn.register
def _(block: blocks.Command, level: int) -> str:  # noqa: ARG001
    lines = [visible(line) for line in block.lines]
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join((fence, *lines, fence))


@_drawn.register
def _(block: blocks.Group, level: int) -> str:
    return "\n\n".join(text for text in _group(block, level=level) if text)


@_drawn.register
def _(block: blocks.Fold, level: int) -> str:
    return "\n\n".join(text for text in _fold(block, level=level) if text)


def _facts(facts: tuple[blocks.Fact, ...]) -> str:
    return "\n".join(f"- {_escaped(fact.name)}: {_inline(fact.value)}" for fact in facts)


def _inline(part: Inline) -> str:
    match part:
        case str():
            return _escaped(part)
        case blocks.Name() | blocks.Number():
            return _escaped(part.text)
        case blocks.Mark():
            return f"{_SIGNS[part.tone]} {_escaped(part.word)}"
        case blocks.Link():
            return _title(part.words)
        case blocks.Quote():
            return _quoted(part)


def _quoted(part: blocks.Quote) -> str:
    cut = part.cut or len(part.text) > _QUOTED_CHARACTERS
    return f"“{_escaped(part.text[:_QUOTED_CHARACTERS])}{'…' if cut else ''}”" if part.text else "(nothing)"


def _title(words: Title) -> str:
    return "".join(_escaped(word if isinstance(word, str) else word.text) for word in words)


def _left_out(n: int, of: int, what: str, where: str) -> str:
    return f"{n:,} of {of:,} {what} left out here; all of them: {_escaped(where)}." if n > 0 else ""


def _escaped(text: str) -> str:
    inert = _SOUGHT.sub(r"⟨\g<0>⟩", visible(text))
    shown = _INDENTED.sub(lambda spaces: "␣" * len(spaces[0]), inert)
    return _NUMBERED.sub(r"\1\\.", _OBEYED.sub(r"\\\1", shown))
