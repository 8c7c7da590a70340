"""Whether temperature is carried out, and whether tokens follow the probabilities stated beside them."""

from __future__ import annotations

import math
from collections import defaultdict
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING

from blackbox.evidence import checks
from blackbox.evidence.finding import ALPHA, Finding
from blackbox.evidence.spread import more_equal_pvalue
from blackbox.evidence.stated_draws import draws_of
from blackbox.stats.stated import fitted_temperature, log_evidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.evidence.checks import Heard
    from blackbox.stats.stated import FittedTemperature

_QUIRK_OF = {
    "top_p": "hidden-top-p",
    "greedy": "temperature",
    "temperature": "temperature",
    "repetition_penalty": "repetition-penalty",
}
_ASKED = {"cold": checks.COLD, "warm": checks.WARM, "hot": checks.HOT}
_SAME_FIT = 0.25
"""Fitted temperatures this close, where 0 and 1.5 were asked for, are one temperature."""
_GREEDY_SHARE = 0.97
_AS_LIKELY = math.log(20)
"""Explanations within this of the best one are named beside it."""
_RARELY_EQUAL = 0.2


def sampling(heard: Heard, *, copies: bool) -> Finding:
    """Return whether tokens at temperature 1, top_p 1 are drawn from what was stated for them.

    Null hypothesis: they are. Rejected at `ALPHA` by the mean of e-values against hidden top_p, another temperature,
    greedy decoding and a repetition penalty; what fits best is named.
    """
    replies = heard.answered(*_names("warm"), *(f"listed-{k}" for k in checks.LISTED))
    asked = f"{len(replies)} answers at temperature 1, top_p 1, each token beside its stated probabilities"
    draws = draws_of(replies)
    if draws is None or copies:
        seen = "replies are copies" if copies else "no log-probabilities, so hidden settings can't be told from a model"
        return Finding(check="sampling", status="can't tell", asked=asked, seen=seen)
    logs = log_evidence(draws)
    evidence = _log_mean(list(logs.values()))
    pvalue = min(1.0, math.exp(-evidence))
    counts = {"tokens": len(draws), "log10_e": {name: value / math.log(10) for name, value in logs.items()}}
    if pvalue > ALPHA:
        seen = f"{len(draws)} tokens as stated, as far as they tell (p = {pvalue:.2g})"
        return Finding(check="sampling", status="honoured", asked=asked, seen=seen, counts=counts, pvalue=pvalue)
    best = max(logs.values())
    named = [name for name, value in logs.items() if value >= best - _AS_LIKELY]
    seen = f"{len(draws)} tokens are not drawn as stated (p = {pvalue:.2g}); fits: {', '.join(named).replace('_', ' ')}"
    return Finding(
        check="sampling", status="not honoured", asked=asked, seen=seen, counts=counts, pvalue=pvalue,
        quirks=tuple(dict.fromkeys(_QUIRK_OF[name] for name in named)), breaks=("temperature",),
    )  # fmt: skip


def temperature(heard: Heard, *, copies: bool) -> Finding:
    """Return whether 0, 1 and 1.5 lead to three kinds of answers."""
    fits = {name: fitted_temperature(draws) for name in _ASKED if (draws := draws_of(heard.answered(*_names(name))))}
    if copies:
        return Finding(check="temperature", status="can't tell", asked=_asked(heard), seen="replies are copies")
    return _fitted(heard, fits) if len(fits) == len(_ASKED) else _spread(heard)


def _fitted(heard: Heard, fits: Mapping[str, FittedTemperature]) -> Finding:
    cold, warm, hot = (fits[name] for name in _ASKED)
    at_zero = cold.first_share >= _GREEDY_SHARE
    seen = "fitted to the stated probabilities: " + ", ".join(
        f"{_ASKED[name]:g} → {0.0 if name == 'cold' and at_zero else fit.value:g} ({fit.low:g}–{fit.high:g})"
        for name, fit in fits.items()
    )
    counts = {name: {"fitted": f.value, "low": f.low, "high": f.high, "first_share": f.first_share, "tokens": f.n}
              for name, f in fits.items()}  # fmt: skip
    result = partial(Finding, check="temperature", asked=_asked(heard), seen=seen, counts=counts)
    if hot.low > warm.high and at_zero:
        return result(status="honoured")
    cold_is_warm, hot_is_cooler = not at_zero and cold.low > _SAME_FIT, hot.high < checks.HOT - _SAME_FIT
    if cold_is_warm and abs(hot.value - cold.value) <= _SAME_FIT:
        own = "ignore-temperature" if warm.low <= checks.WARM <= warm.high else "temperature"
        return result(status="ignored", quirks=(own,), breaks=("greedy", "temperature"))
    if hot.high < checks.WARM - _SAME_FIT:
        return result(status="ignored", quirks=("temperature",), breaks=("draws", "temperature"))
    if cold_is_warm or hot_is_cooler:
        return result(status="not honoured", breaks=("greedy",) if cold_is_warm else ())
    return result(status="can't tell")


def _spread(heard: Heard) -> Finding:
    """Judge by texts alone: how often two answers to one prompt are equal, cold against warm, warm against hot."""
    texts = {name: [heard.texts(check) for check in _names(name)] for name in _ASKED}
    shares = {name: _equal_share(groups) for name, groups in texts.items()}
    if any(share is None for share in shares.values()):
        return Finding(check="temperature", status="can't tell", asked=_asked(heard), seen="too few replies")
    falls = {
        "cold_to_warm": more_equal_pvalue(_paired(texts["cold"], texts["warm"])),
        "warm_to_hot": more_equal_pvalue(_paired(texts["warm"], texts["hot"])),
    }
    listed = ", ".join(f"{_ASKED[name]:g}: {share:.0%}" for name, share in shares.items())
    seen = (
        f"pairs of equal answers by temperature: {listed} (p = {falls['cold_to_warm']:.2g}, {falls['warm_to_hot']:.2g})"
    )
    long_cold = _equal_share([heard.texts("cold-rain"), heard.texts("cold-bread")])
    counts = {"equal_share": shares, "equal_share_long_cold": long_cold, **falls}
    if falls["cold_to_warm"] <= ALPHA:
        return Finding(check="temperature", status="honoured", asked=_asked(heard), seen=seen, counts=counts,
                       pvalue=falls["cold_to_warm"])  # fmt: skip
    if long_cold is not None and long_cold <= _RARELY_EQUAL:
        return Finding(
            check="temperature", status="ignored", asked=_asked(heard), seen=seen, counts=counts,
            breaks=("greedy", "temperature"), quirks=("ignore-temperature", "temperature"),
        )  # fmt: skip
    return Finding(check="temperature", status="can't tell", asked=_asked(heard), seen=seen, counts=counts)


def _paired(x: Sequence[Sequence[str]], y: Sequence[Sequence[str]]) -> list[tuple[Sequence[str], Sequence[str]]]:
    return [(a, b) for a, b in zip(x, y, strict=True) if len(a) > 1 and len(b) > 1]


def _equal_share(groups: Sequence[Sequence[str]]) -> float | None:
    pairs = [a == b for group in groups for a, b in combinations(group, 2)]
    return sum(pairs) / len(pairs) if pairs else None


def _names(kind: str) -> list[str]:
    return [f"{kind}-{prompt}" for prompt in checks.PROMPTS]


def _asked(heard: Heard) -> str:
    counts: dict[str, int] = defaultdict(int)
    for name in _ASKED:
        counts[name] = len(heard.of(*_names(name)))
    return ", ".join(f"{n} answers at temperature {_ASKED[name]:g}" for name, n in counts.items())


def _log_mean(logs: Sequence[float]) -> float:
    top = max(logs)
    return top + math.log(sum(math.exp(each - top) for each in logs) / len(logs))
