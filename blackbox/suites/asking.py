"""Findings on how a probe asks: is it clear what is wanted, do options and keys give nothing away, do filters trip?"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from blackbox.suites.fields import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blackbox.core import Probe, Suite

_ONE_ANSWER = ("word", "number", "letter", "colour", "coin", "choice")
_FORM_SAID = re.compile(
    r"\b(?:only|one word|single|nothing else|just)\b|只|一个词|不要写|не больше|ничего больше|одним|только|فقط|لا غير",
    re.IGNORECASE,
)
_VAGUE = re.compile(r"\b(?:and/or|etc\.|and so on|something like)(?!\w)|之类的|等等。", re.IGNORECASE)
_OPTION = re.compile(r"^(?P<letter>[A-H])[.、)]\s*(?P<text>.+)$", re.MULTILINE)
_TRIPS = re.compile(
    r"\b(?:bombs?|terroris[mt]s?|suicid\w*|porn\w*|rape\w*|murder\w*|massacre|genocide|nazis?|hitler|cocaine|heroin|"
    r"methamphetamine|napalm|anthrax|child abuse|jailbreak|hack(?:ing|er|ers)?|explosives?)\b|"
    r"炸弹|恐怖分子|自杀|色情|强奸|屠杀|毒品|法轮功|六四|习近平|台独|藏独|疆独|翻墙",
    re.IGNORECASE,
)
_MIN_KEYS = 20
_MOST_OF_ONE = 0.4


def asking(suite: Suite) -> Iterator[str]:
    """Yield what is unclear, given away, or likely to be filtered, one line a finding."""
    if suite.origin == "imported":
        return
    for probe in suite.probes:
        yield from _findings(probe)
    yield from _lopsided(suite)


def _findings(probe: Probe) -> Iterator[str]:
    name, asked = shown(probe.id), "\n".join(m.content for m in probe.messages if m.role != "system")
    if probe.parser in _ONE_ANSWER and not _FORM_SAID.search(asked):
        yield f"{name}: does not say in what form to answer; add e.g. Answer with one word only."
    if probe.parser in _ONE_ANSWER and (vague := _VAGUE.search(asked)):
        yield f"{name}: {shown(vague[0])} is ambiguous; ask for one thing"
    # Refusal probes ask on purpose what may be declined.
    if probe.parser != "refusal" and (word := _TRIPS.search(unicodedata.normalize("NFKC", asked))):
        yield f"{name}: {shown(word[0])} trips common content filters; ask about something else"
    if probe.parser == "choice":
        yield from _options(name, probe, asked)


def _options(name: str, probe: Probe, asked: str) -> Iterator[str]:
    options = _OPTION.findall(asked)
    letters, texts = [letter for letter, _ in options], [" ".join(text.split()) for _, text in options]
    if len(set(letters)) < 2 or len(set(letters)) < len(letters):  # noqa: PLR2004 - a choice has two sides
        yield f"{name}: its options are not lettered A, B, C …, each once; write each on a line of its own"
    elif len(set(texts)) < len(texts):
        yield f"{name}: two options are the same; write different ones"
    elif probe.key is not None and probe.key not in letters:
        yield f"{name}: there is no option {probe.key}, which is its key; write the key of an option"


def _lopsided(suite: Suite) -> Iterator[str]:
    """Yield a finding where one letter is right so often that always choosing it pays."""
    counts = Counter(probe.key for probe in suite.probes if probe.parser == "choice" and probe.key)
    total = counts.total()
    for letter, n in counts.most_common(1):
        if total >= _MIN_KEYS and n > _MOST_OF_ONE * total:
            yield f"{n} of {total} keys are {letter}; spread the right answers over the letters"
