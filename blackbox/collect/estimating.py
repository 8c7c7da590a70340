"""Rough upper estimates of tokens, cost and time, from characters: no tokenizer of a hosted model is at hand.

Three ASCII characters, or half of any other, are counted as one token, and outputs at their limit. English prose needs
fewer, digits and rare scripts may need more; hidden reasoning beyond the output limit is not foreseen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blackbox.core import Call, canonical

if TYPE_CHECKING:
    from blackbox.core import EndpointSpec, Suite

_ASCII_CHARS_A_TOKEN = 3
_OTHER_TOKENS_A_CHAR = 2
_TOKENS_A_MESSAGE = 8
UNLIMITED_OUTPUT_TOKENS = 1_024
"""Assumed where no output limit is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTokens:
    """Estimated tokens of one call."""

    prompt: int
    output: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What one suite asks of one endpoint: rough upper estimates.

    Args:
        n_requests: Calls without retries.
        prompt_tokens: Tokens sent.
        output_tokens: Tokens received if every output reaches its limit.
        cost: In the currency of the endpoint's prices, or None without prices.
        minutes: At the endpoint's rate limits, or None without any: what a reply takes is unknown.
    """

    n_requests: int
    prompt_tokens: int
    output_tokens: int
    cost: float | None
    minutes: float | None


def estimate(suite: Suite, spec: EndpointSpec) -> Estimate:
    """Return the estimate for one endpoint under one suite, the endpoint's own decoding laid over the suite's."""
    n_requests = prompt = output = 0
    for probe in suite.probes:
        decoding = suite.sent_decoding(probe).merged(spec.decoding)
        tokens = call_tokens(Call(messages=probe.messages, decoding=decoding, tools=probe.tools))
        n_requests += probe.repeats
        prompt += probe.repeats * tokens.prompt
        output += probe.repeats * tokens.output
    return Estimate(
        n_requests=n_requests,
        prompt_tokens=prompt,
        output_tokens=output,
        cost=spec.prices.cost(prompt, output) if spec.prices else None,
        minutes=_minutes(spec, n_requests, prompt + output),
    )


def call_tokens(call: Call) -> CallTokens:
    """Return estimated prompt tokens and the most output tokens of one call."""
    texts = [message.content for message in call.messages] + [canonical(tool) for tool in call.tools]
    prompt = sum(text_tokens(text) for text in texts) + _TOKENS_A_MESSAGE * len(call.messages)
    limit = call.decoding.max_output_tokens
    return CallTokens(prompt=prompt, output=UNLIMITED_OUTPUT_TOKENS if limit is None else limit)


def text_tokens(text: str) -> int:
    """Return a rough upper estimate of the tokens of `text`."""
    n_ascii = len(text.encode("ascii", "ignore"))
    return math.ceil(n_ascii / _ASCII_CHARS_A_TOKEN) + _OTHER_TOKENS_A_CHAR * (len(text) - n_ascii)


def _minutes(spec: EndpointSpec, n_requests: int, n_tokens: int) -> float | None:
    minutes = [amount / rate for amount, rate in ((n_requests, spec.rpm), (n_tokens, spec.tpm)) if rate]
    return max(minutes, default=None)
