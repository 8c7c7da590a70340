"""Quirks that change what is replied."""

from __future__ import annotations

import copy
import math
import threading
from typing import TYPE_CHECKING, Any, ClassVar

from blackbox.core import digest
from blackbox.errors import UsageError
from blackbox.serve import settings
from blackbox.serve.quirks.registry import Quirk, quirk

if TYPE_CHECKING:
    from blackbox.serve.exchange import Exchange

_MOST_CACHED = 100_000


@quirk("echo-model", "answers to any model name, and says that this is the model that answered")
class EchoModel(Quirk):
    """Reproduces servers for which the name in the request is decoration."""

    takes_any_model: ClassVar[bool] = True


@quirk("inflate-usage", "reports the tokens used times this factor", value="factor", default="1.5")
class InflateUsage(Quirk):
    """Reproduces bills above the text that was read and sent."""

    def __init__(self, value: str | None) -> None:
        super().__init__(value)
        self._factor = settings.amount(self.value)
        if self._factor > 1e6:  # noqa: PLR2004 - beyond it the counts are no counts any more
            raise UsageError(f"{self.value!r} is above 1,000,000")

    def reply(self, exchange: Exchange, document: dict[str, Any]) -> None:
        """Multiply the counts."""
        del exchange
        usage = document["usage"]
        for name in ("prompt_tokens", "completion_tokens"):
            usage[name] = math.ceil(usage[name] * self._factor)
        usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]


@quirk("strip-leading-space", "takes white space off the beginning of each answer")
class StripLeadingSpace(Quirk):
    """Reproduces gateways that tidy texts up."""

    def reply(self, exchange: Exchange, document: dict[str, Any]) -> None:
        """Strip each choice."""
        del exchange
        for choice in document["choices"]:
            holder = choice.get("message", choice)
            name = "content" if "message" in choice else "text"
            if holder.get(name):
                holder[name] = holder[name].lstrip()


@quirk(
    "cache-repeats",
    "answers a request that came before with the reply it got then, id and all",
    value="share of the repeats that is answered so",
    default="1",
)
class CacheRepeats(Quirk):
    """Reproduces response caches in front of a model: repeats are copies, not draws."""

    def __init__(self, value: str | None) -> None:
        super().__init__(value)
        self._share = settings.share(self.value)
        self._lock = threading.Lock()
        self._replies: dict[str, dict[str, Any]] = {}

    def ask(self, exchange: Exchange) -> None:
        """Recall the reply, if there is one."""
        with self._lock:
            known = self._replies.get(_cache_key(exchange))
        if known is not None and exchange.drawn("cache-repeats") < self._share:
            exchange.recalled = copy.deepcopy(known)
            exchange.done.append("cache-repeats: recalled")

    def keep(self, exchange: Exchange, document: dict[str, Any]) -> None:
        """Keep the first reply to each request."""
        with self._lock:
            if len(self._replies) < _MOST_CACHED:
                self._replies.setdefault(_cache_key(exchange), copy.deepcopy(document))


def _cache_key(exchange: Exchange) -> str:
    """Return what makes two requests one: all that was asked, but not how it is to be sent."""
    asked = {name: value for name, value in exchange.asked.items() if name not in ("stream", "stream_options")}
    return digest({"served": exchange.served, "path": exchange.path, "body": asked})
