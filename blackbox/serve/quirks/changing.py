"""Quirks that change what is asked: hidden sampling settings, hidden prompts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from blackbox.errors import UsageError
from blackbox.serve import settings
from blackbox.serve.quirks.registry import Quirk, quirk

if TYPE_CHECKING:
    from blackbox.serve.exchange import Exchange

_DEFAULT_PROMPT = "You are a friendly assistant. Answer politely and at length."
_HOTTEST = 2.0
_ALWAYS = "always:"


def _stated(exchange: Exchange, name: str, default: float) -> float:
    """Return a number of the request, or what holds without it; what is no number is refused where it is read."""
    value = exchange.body.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else default


@quirk("hidden-top-p", "keeps the likeliest tokens only, never more than this share", value="share", default="0.8")
class HiddenTopP(Quirk):
    """Reproduces a default of the serving stack that no request can switch off."""

    def __init__(self, value: str | None) -> None:
        super().__init__(value)
        self._share = settings.share(self.value)

    def ask(self, exchange: Exchange) -> None:
        """Lower top_p to the hidden one."""
        exchange.body["top_p"] = min(_stated(exchange, "top_p", 1.0), self._share)


@quirk(
    "repetition-penalty",
    "penalises tokens that prompt or answer hold already",
    value="factor from 0.1 to 10; 1 is none",
    default="1.3",
)
class RepetitionPenalty(Quirk):
    """Reproduces the penalty that generation configs of some models switch on silently."""

    def __init__(self, value: str | None) -> None:
        super().__init__(value)
        self._factor = settings.amount(self.value)
        if not 0.1 <= self._factor <= 10:  # noqa: PLR2004 - the range the request field has
            raise UsageError(f"{self.value!r} is outside 0.1 to 10")

    def ask(self, exchange: Exchange) -> None:
        """Set the penalty."""
        exchange.body["repetition_penalty"] = self._factor


@quirk("temperature", "samples at this temperature, or at the asked one times a factor", value="0.7 or x0.7",
       default="x0.7")  # fmt: skip
class Temperature(Quirk):
    """Reproduces vendors that clamp or rescale the temperature."""

    def __init__(self, value: str | None) -> None:
        super().__init__(value)
        self._relative = self.value.startswith("x")
        self._number = settings.amount(self.value.removeprefix("x"))

    def ask(self, exchange: Exchange) -> None:
        """Set the temperature."""
        asked = _stated(exchange, "temperature", 1.0)
        exchange.body["temperature"] = min(_HOTTEST, asked * self._number if self._relative else self._number)


@quirk(
    "system-prompt",
    "puts a system prompt in front where the request has none; with always: in front of those that have one too",
    value="TEXT or always:TEXT",
    default=_DEFAULT_PROMPT,
)
class SystemPrompt(Quirk):
    """Reproduces resellers and chat templates with a default system prompt."""

    def __init__(self, value: str | None) -> None:
        super().__init__(value)
        self._always = self.value.startswith(_ALWAYS)
        self._text = self.value.removeprefix(_ALWAYS).strip()
        if not self._text:
            raise UsageError("the prompt is empty")

    def ask(self, exchange: Exchange) -> None:
        """Put the prompt in front."""
        if self._always or not _has_system(exchange):
            _put_in_front(exchange, self._text)


@quirk("date-line", "puts a line with the date into the system prompt", value="DATE; today unless given")
class DateLine(Quirk):
    """Reproduces chat templates that state the date, so that answers change from day to day."""

    def __init__(self, value: str | None) -> None:
        super().__init__(value)
        self._date = self.value

    def ask(self, exchange: Exchange) -> None:
        """Put the line in front."""
        date = self._date or datetime.now(UTC).date().isoformat()
        _put_in_front(exchange, f"Today's date: {date}.")


@quirk("drop-system-role", "drops every system message")
class DropSystemRole(Quirk):
    """Reproduces adapters for models whose template has no system role."""

    def ask(self, exchange: Exchange) -> None:
        """Take system messages out."""
        if exchange.messages:
            exchange.body["messages"] = [each for each in exchange.body["messages"] if not _is_system(each)]


def _is_system(message: Any) -> bool:  # noqa: ANN401 - whatever stands in the list
    return isinstance(message, dict) and message.get("role") in ("system", "developer")


def _has_system(exchange: Exchange) -> bool:
    return any(_is_system(message) for message in exchange.messages)


def _put_in_front(exchange: Exchange, text: str) -> None:
    """Put text in front of the first system message, or make one; text completions have no messages."""
    messages = exchange.body.get("messages")
    if not exchange.messages or not isinstance(messages, list):
        return
    first = messages[0]
    if _is_system(first) and isinstance(first.get("content"), str):
        exchange.body["messages"] = [{**first, "content": f"{text}\n{first['content']}"}, *messages[1:]]
    else:
        exchange.body["messages"] = [{"role": "system", "content": text}, *messages]
