"""Repeat controls: an endpoint against itself in another session, else against its own later half."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from blackbox.evidence.same import Design, PairTest, compare_pair

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.evidence.samples import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One run's repeat control.

    Args:
        pvalue: Smallest p over its sessions times their number (at most 1); None where it can't be tested.
        kind: A second session, or early against late halves of this one.
        reason: Why there is no p, or what weakens it.
        tests: The tests behind it.
    """

    pvalue: float | None
    kind: Literal["second_session", "halves"]
    reason: str | None
    tests: tuple[PairTest, ...] = ()


def repeat_control(sample: Sample, sessions: Sequence[Sample], forms: Mapping[str, str], design: Design) -> Control:
    """Return the repeat control of one run.

    Args:
        sample: The run.
        sessions: Other runs of the same endpoint under the same suite.
        forms: Form of each probe.
        design: Signals, seed and B.
    """
    if sample.independence.broken:
        return Control(pvalue=None, kind="halves", reason="its replies are not independent draws")
    independent = [s for s in sessions if _comparable(sample, s)]
    if independent:
        tests = tuple(compare_pair(sample, session, forms, design) for session in independent)
        return _judged(tests, "second_session", None)
    if all(o.requested_at is None for o in sample.run.observations):
        return Control(pvalue=None, kind="halves", reason="times of the answers are not recorded: no halves by time")
    halves = time_halves(sample)
    if halves is None:
        return Control(pvalue=None, kind="halves", reason="fewer than four answers at every probe: too few to halve")
    tests = (compare_pair(*halves, forms, design),)
    return _judged(tests, "halves", "early against late answers of one session, for want of a second session")


def time_halves(sample: Sample) -> tuple[Sample, Sample] | None:
    """Return the early and the late half of each probe's answers by block, or None with too few."""
    blocks: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for o in sample.run.observations:
        if not o.missing:
            blocks[o.probe_id].append((o.block_id, o.key))
    early, late = set(), set()
    for answers in blocks.values():
        ordered = [key for _, key in sorted(answers)]
        early.update(ordered[: len(ordered) // 2])
        late.update(ordered[len(ordered) // 2 :])
    if not any(len(answers) >= 4 for answers in blocks.values()):  # noqa: PLR2004 - two a side
        return None
    return sample.restricted(early), sample.restricted(late)


def _comparable(sample: Sample, session: Sample) -> bool:
    return not session.independence.broken and not sample.n_shared_replies(session)


def _judged(tests: tuple[PairTest, ...], kind: Literal["second_session", "halves"], note: str | None) -> Control:
    pvalues = [t.pvalue for t in tests if t.pvalue is not None]
    if not pvalues:
        return Control(pvalue=None, kind=kind, reason="no probe has two usable answers a side", tests=tests)
    return Control(pvalue=min(1.0, len(pvalues) * min(pvalues)), kind=kind, reason=note, tests=tests)
