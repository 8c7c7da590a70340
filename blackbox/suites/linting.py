"""What is allowed in a suite and still weakens it: each finding is one line that says what to do."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from blackbox.suites.asking import asking
from blackbox.suites.fields import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from blackbox.core import Decoding, Probe, Suite

_NEAR = 5
"""Near-duplicates share all but a fifth of their character 5-grams, counted with repeats (Jaccard ≥ 4/5)."""
_GRAM = 5
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_EXAMPLE = re.compile(
    r"\b(?:e\.\s?g\.|for example|for instance|such as|similar to)|(?:例如|比如|譬如|诸如|好比)", re.IGNORECASE
)
_CONTROL = "baseline"
"""The family whose probes repeat a prompt on purpose, to see whether the same question is counted alike."""


def lint(suite: Suite) -> tuple[str, ...]:
    """Return what weakens a valid suite, one line a finding; empty for a clean one.

    Sampling rules are those of METHODS §1.13 and §2: draws at T > 0 send no seed, and say temperature 1,
    top_p 1 and a neutral system message, so that no server default passes for a property of the model.
    """
    checks = (_blank, _surrogates, _leading, _duplicates, _near_duplicates, _sampling, _licence, asking)
    return tuple(finding for check in checks for finding in check(suite))


def _blank(suite: Suite) -> Iterator[str]:
    for probe in suite.probes:
        if any(not message.content.strip() for message in probe.messages):
            yield f"{shown(probe.id)}: a message is blank; write what is asked"


def _surrogates(suite: Suite) -> Iterator[str]:
    for probe in suite.probes:
        if any(_SURROGATE.search(message.content) for message in probe.messages):
            yield f"{shown(probe.id)}: a lone surrogate has no UTF-8 form; write the whole character"


def _leading(suite: Suite) -> Iterator[str]:
    for probe in suite.probes:
        found = _EXAMPLE.search(_asked(probe)) if probe.form == "closed" and probe.family != _CONTROL else None
        if found:
            yield f"{shown(probe.id)}: {shown(found[0])} leads the answer; ask without an example"


def _duplicates(suite: Suite) -> Iterator[str]:
    first: dict[str, Probe] = {}
    for probe in suite.probes:
        same = first.setdefault(probe.digest, probe)
        if same is not probe and not _control(same, probe):
            yield f"{shown(probe.id)}: asks exactly what {shown(same.id)} asks; raise repeats instead"


def _near_duplicates(suite: Suite) -> Iterator[str]:
    probes = suite.probes
    for i, j in _near_pairs([_grams(_asked(probe)) for probe in probes]):
        if probes[i].digest != probes[j].digest and not _control(probes[i], probes[j]):
            yield f"{shown(probes[j].id)}: asks nearly what {shown(probes[i].id)} asks; ask something else"


def _sampling(suite: Suite) -> Iterator[str]:
    if suite.origin == "imported":
        return
    found: dict[str, list[str]] = defaultdict(list)
    for probe in suite.probes:
        for problem in _sampling_problems(suite.sent_decoding(probe), probe):
            found[problem].append(probe.id)
    for problem, ids in found.items():
        where = f"all {len(ids)} probes" if len(ids) == len(suite.probes) else _some(ids)
        yield f"{where}: {problem}"


def _sampling_problems(sent: Decoding, probe: Probe) -> Iterator[str]:
    if sent.temperature is None:
        yield "the temperature is not stated, so the server's default decides; write temperature: 1"
    if not sent.temperature:
        return
    if sent.seed is not None:
        yield "a seed at temperature above 0 makes copies, not draws; leave seed out"
    if sent.temperature != 1:
        yield f"temperature {sent.temperature:g} is neither 0 nor 1; write temperature: 1"
    if sent.top_p != 1:
        yield "top_p is not 1, so the server or the suite truncates; write top_p: 1"
    if probe.messages[0].role != "system":
        yield "no system message, so the server's own may be used; write a neutral one in system"


def _licence(suite: Suite) -> Iterator[str]:
    if suite.origin != "imported" and not suite.licence:
        yield "the suite states no licence; write e.g. licence: MIT"


def _asked(probe: Probe) -> str:
    return "\n".join(message.content for message in probe.messages if message.role != "system")


def _control(x: Probe, y: Probe) -> bool:
    return x.family == y.family == _CONTROL


def _some(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""  # noqa: PLR2004 - three names fit a line
    return ", ".join(shown(probe_id) for probe_id in ids[:3]) + more


def _grams(prompt: str) -> frozenset[tuple[str, int]]:
    """Return numbered 5-grams of the prompt's letters and digits: a set that keeps multiplicities."""
    folded = unicodedata.normalize("NFKC", prompt).casefold()
    letters = "".join(c for c in folded if not unicodedata.category(c).startswith(("P", "Z", "C")))
    counts = Counter(letters[i : i + _GRAM] for i in range(max(1, len(letters) - _GRAM + 1)))
    return frozenset((gram, k) for gram, n in counts.items() for k in range(n))


def _near_pairs(sets: Sequence[frozenset[tuple[str, int]]]) -> Iterator[tuple[int, int]]:
    """Yield all i < j whose Jaccard overlap is at least t = 1 − 1/`_NEAR`, without comparing all pairs.

    References:
        Chaudhuri, Ganti & Kaushik (2006), "A primitive operator for similarity joins in data cleaning",
        prefix filter: two such sets share one of their |x| − ⌈t|x|⌉ + 1 = ⌊|x| / `_NEAR`⌋ + 1 rarest elements.
    """
    frequency = Counter(gram for grams in sets for gram in grams)
    # Numbers from the rarest gram on: they sort and intersect ten times as fast as the grams.
    number = {gram: n for n, gram in enumerate(sorted(frequency, key=lambda gram: (frequency[gram], gram)))}
    owners: Mapping[int, list[int]] = defaultdict(list)
    numbered = [frozenset(number[gram] for gram in grams) for grams in sets]
    for j, grams in enumerate(numbered):
        rare = sorted(grams)[: len(grams) // _NEAR + 1]
        for i in sorted({i for gram in rare for i in owners[gram]}):
            if _alike(numbered[i], grams):
                yield i, j
        for gram in rare:
            owners[gram].append(j)


def _alike(x: frozenset[int], y: frozenset[int]) -> bool:
    """Return whether |x ∩ y| ≥ t·|x ∪ y|; sizes alone decide most pairs."""
    if _NEAR * min(len(x), len(y)) < (_NEAR - 1) * max(len(x), len(y)):
        return False
    shared = len(x & y)
    return _NEAR * shared >= (_NEAR - 1) * (len(x) + len(y) - shared)
