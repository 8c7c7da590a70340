"""Takes out the keys that only show once a reply is put together: from text parts, pieces of a stream, or tokens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from blackbox.core import Completion, Wire

if TYPE_CHECKING:
    from blackbox.core import TokenLogprob
    from blackbox.endpoints._secrets import Scrubber


def without_keys(completion: Completion, scrubber: Scrubber, *, removed: bool) -> Completion:
    """Return `completion` without keys; its `wire` says whether there was one.

    Log-probabilities whose tokens spell a key are left out as a whole: without some of them they would say something
    about another text.

    Args:
        completion: As read.
        scrubber: Knows the keys.
        removed: Whether one was taken out of the reply before.
    """
    text, reasoning = _clean(completion.text, scrubber), _clean(completion.reasoning, scrubber)
    logprobs = None if _spelt(completion.logprobs, scrubber) else completion.logprobs
    before = (completion.text, completion.reasoning, completion.logprobs)
    wire = completion.wire or Wire()
    removed = removed or wire.key_removed or before != (text, reasoning, logprobs)
    if not removed:
        return completion
    wire = replace(wire, key_removed=True)
    return replace(completion, text=text, reasoning=reasoning, logprobs=logprobs, wire=wire)


def _clean(text: str | None, scrubber: Scrubber) -> str | None:
    return None if text is None else scrubber.text(text)


def _spelt(logprobs: tuple[TokenLogprob, ...] | None, scrubber: Scrubber) -> bool:
    spelt = "".join(each.token for each in logprobs or ())
    return scrubber.text(spelt) != spelt
