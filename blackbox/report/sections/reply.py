"""What the other side could supply to rebut a finding, and its reply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.core.wording import REBUTTALS, REPLY_EMPTY, REPLY_GIVEN
from blackbox.report.blocks import Bullets, Quote, Reply, Section, Text
from blackbox.report.sections._pairs import mapping, pairs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return what would rebut, and the reply or the room for one."""
    if not pairs(document):
        return ()
    given = mapping(document.get("reply"))
    text = str(given.get("text") or "")
    digest = f" sha256 {given.get('digest')}" if given.get("digest") else ""
    reply = Reply(text=Quote(text=text) if text else None, note=REPLY_GIVEN + digest if text else REPLY_EMPTY)
    supplied = Text(text="The operator of either endpoint could settle or overturn a finding of this page with:")
    return (supplied, Bullets(items=REBUTTALS), reply)


SECTION = Section(title="Reply, and what would rebut this", order=78, build=build, paper=True)
