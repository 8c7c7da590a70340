"""Replies with log-probabilities → tokens drawn from stated distributions, and the first distribution of each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from blackbox.evidence import checks
from blackbox.stats.stated import Draws

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from blackbox.core import TokenLogprob
    from blackbox.evidence.checks import Reply

_END = re.compile(
    r"<\|?[A-Za-z_/｜▁ ]*(?:end|eos|eot|eom|s|stop)[A-Za-z_｜▁ ]*\|?>|\[(?:EOS|END|SEP)\]|<｜.*｜>", re.IGNORECASE
)
"""Marks that end an answer: drawn but never listed as drawn, so they must not count as what might have been."""
_TOLERANCE = 1e-3
_PROMPT_OF = {f"listed-{k}": "animal" for k in checks.LISTED}
"""Checks whose prompt is not in their name."""


def draws_of(replies: Iterable[Reply]) -> Draws | None:
    """Return all tokens of some replies as draws, or None where no log-probabilities with alternatives came.

    The mark that ends an answer is taken out of every stated law, which is scaled up again: where an answer goes on,
    it was not drawn.
    """
    rows = [row for reply in replies for row in _rows(reply)]
    if not rows:
        return None
    width = max(len(row.stated) for row in rows)
    stated = np.array([_padded(row.stated, width) for row in rows])
    seen = np.array([_padded([float(flag) for flag in row.seen], width) for row in rows]) > 0
    drawn = np.array([width - 1 if row.drawn is None else row.drawn for row in rows])
    return Draws(stated=stated, drawn=drawn, seen=seen)


def first_laws(replies: Iterable[Reply]) -> list[Mapping[str, float]]:
    """Return the log-probabilities listed for each reply's first token; an empty mapping where there are none."""
    return [dict(tokens[0].top) if (tokens := reply.observation.logprobs) else {} for reply in replies]


class _Row:
    """One token: stated probabilities in descending order with the unlisted rest last; none if only an end is."""

    def __init__(self, token: TokenLogprob, prompt: str, drawn: Collection[str]) -> None:
        listed = sorted(((text, lp) for text, lp in token.top if not _ends(text)), key=lambda pair: -pair[1])
        ended = sum(np.exp(lp) for text, lp in token.top if _ends(text))
        p = np.exp([lp for _, lp in listed])
        rest = max(0.0, 1.0 - ended - float(p.sum()))
        total = float(p.sum()) + rest
        self.stated = [*(p / total).tolist(), rest / total] if total else []
        self.seen = [*(text in drawn or text in prompt for text, _ in listed), False]
        self.drawn = _column(token, listed)


def _rows(reply: Reply) -> list[_Row]:
    asked = _PROMPT_OF.get(reply.check, reply.check.partition("-")[2])
    prompt, rows, drawn = f"{checks.SYSTEM} {checks.PROMPTS.get(asked, '')}", list[_Row](), set[str]()
    for token in reply.observation.logprobs or ():
        if token.top and not _ends(token.token):
            rows.append(_Row(token, prompt, drawn))
        drawn.add(token.token)
    return [row for row in rows if len(row.stated) > 1]


def _column(token: TokenLogprob, listed: Sequence[tuple[str, float]]) -> int | None:
    """Return which listed token was drawn, None for one of the rest."""
    named = [i for i, (text, lp) in enumerate(listed) if text == token.token and abs(lp - token.logprob) <= _TOLERANCE]
    if named:
        return named[0]
    if not listed or token.logprob < listed[-1][1] - _TOLERANCE:
        return None
    return int(np.argmin([abs(lp - token.logprob) for _, lp in listed]))


def _ends(text: str) -> bool:
    return not text or _END.fullmatch(text) is not None


def _padded(values: Sequence[float], width: int) -> list[float]:
    """Return the values with zeros between the listed tokens and the rest."""
    return [*values[:-1], *[0.0] * (width - len(values)), values[-1]]
