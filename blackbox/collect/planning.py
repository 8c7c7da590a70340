"""The order of calls: passes over all probes in random order, fixed before the first call (METHODS §1.9)."""

from __future__ import annotations

from dataclasses import dataclass

from blackbox.core import Call, Probe, Suite, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """One call of the plan; `call` is sent as it stands.

    Args:
        key: `<probe_id>#<repeat>`, the observation's key.
        probe_id: The probe.
        repeat: Which asking of the probe, from 0.
        block_id: The pass it belongs to; within a look, block k holds repeat k of every probe.
        call: What is sent.
    """

    key: str
    probe_id: str
    repeat: int
    block_id: int
    call: Call


def plan(suite: Suite, *, seed: int, looks: int = 1) -> tuple[PlannedCall, ...]:
    """Return every call a suite asks for, in the order they are sent; each further look asks for as many again.

    Block k is repeat k over all probes that have one, in an order drawn from (seed, suite digest, k) alone: by sorting
    on a digest, so that no library's generator can ever change it.
    """
    n_blocks = max((probe.repeats for probe in suite.probes), default=0)
    calls = {probe.id: _call(suite, probe) for probe in suite.probes}  # one for all repeats: plans can be long
    return tuple(
        _planned(calls[probe.id], probe, block, (block // n_blocks) * probe.repeats + block % n_blocks)
        for block in range(n_blocks * looks)
        for probe in sorted(suite.probes, key=lambda probe: digest([seed, suite.digest, block, probe.id]))
        if block % n_blocks < probe.repeats
    )


def _call(suite: Suite, probe: Probe) -> Call:
    return Call(messages=probe.messages, decoding=suite.sent_decoding(probe), tools=probe.tools)


def _planned(call: Call, probe: Probe, block: int, repeat: int) -> PlannedCall:
    return PlannedCall(key=f"{probe.id}#{repeat}", probe_id=probe.id, repeat=repeat, block_id=block, call=call)
