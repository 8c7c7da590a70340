"""What a server says in an error object: its codes and its message, cut and cleaned for one line."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blackbox.endpoints import _json

if TYPE_CHECKING:
    from blackbox.endpoints._secrets import Scrubber

MAX_MESSAGE_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerWords:
    """An error as the server explained it.

    Args:
        codes: Lower-case codes and types.
        message: One printable line of at most `MAX_MESSAGE_CHARS`, or "".
        moderated: Whether the server says that it flagged the prompt.
    """

    codes: frozenset[str]
    message: str
    moderated: bool = False

    @property
    def quoted(self) -> str:
        """The message after a colon, for the end of our own sentence."""
        return f": {self.message}" if self.message else ""


def read_body(body: bytes, scrubber: Scrubber) -> ServerWords:
    """Return what an error reply says; anything but JSON is quoted as text, web pages are only named.

    Keys are removed before anything is cut: half a key would no longer be found.
    """
    try:
        document = _json.parse(body)
    except _json.NotJsonError:
        text = scrubber.text(body.decode("utf-8", "replace")).strip()
        message = "a web page" if text.startswith("<") else one_line(text)
        return ServerWords(codes=frozenset(), message=message)
    return read_words(scrubber.document(document))


def read_words(document: Any) -> ServerWords:  # noqa: ANN401 - any JSON value
    """Return what a parsed error says: OpenAI's form, a bare object, or the forms of other vendors."""
    if not isinstance(document, dict):
        return ServerWords(codes=frozenset(), message=one_line(document) if isinstance(document, str) else "")
    inner = document.get("error")
    error = inner if isinstance(inner, dict) else document
    codes = (error.get(name) for name in ("code", "type", "error_code"))
    messages = (error.get("message"), error.get("error_msg"), document.get("detail"), inner)
    message = next((text for text in messages if isinstance(text, str) and text), "")
    metadata = error.get("metadata")
    return ServerWords(
        codes=frozenset(str(code).lower() for code in codes if isinstance(code, (str, int))),
        message=one_line(message),
        moderated=isinstance(metadata, dict) and ("flagged_input" in metadata or bool(metadata.get("reasons"))),
    )


def one_line(text: str) -> str:
    """Return the beginning of `text` without line breaks, control, bidirectional and other invisible characters."""
    head = text[: 4 * MAX_MESSAGE_CHARS]
    visible = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in head)
    line = " ".join(visible.split())
    return line if len(line) <= MAX_MESSAGE_CHARS else line[: MAX_MESSAGE_CHARS - 1] + "…"
