"""Reads a reply's bytes under a cap on what they decode to, so that no bomb ever inflates in memory."""

from __future__ import annotations

import zlib
from typing import Protocol

ACCEPTED_ENCODINGS = "gzip, deflate"
"""What we ask for, and all we decode."""

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_WINDOW = {"gzip": _GZIP_WINDOW, "x-gzip": _GZIP_WINDOW, "deflate": zlib.MAX_WBITS}


class ReplyUnreadableError(Exception):
    """A reply came whose bytes cannot be used: too large, broken compression, unknown coding.

    Args:
        message: What is wrong, without any of the reply's bytes.
        kind: Short machine name.
    """

    def __init__(self, message: str, *, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class Body(Protocol):
    """Collects the chunks of one reply."""

    def feed(self, chunk: bytes) -> None:
        """Take the next raw chunk; raises `ReplyUnreadableError` as soon as the cap is passed."""

    def finish(self) -> bytes:
        """Return all decoded bytes; raises `ReplyUnreadableError` when the coding was cut short."""

    def so_far(self) -> bytes:
        """Return what was decoded up to now, for replies of which a part is enough."""


def open_body(content_encoding: str, *, max_bytes: int) -> Body:
    """Return a collector for a reply with this `Content-Encoding`.

    Raises:
        ReplyUnreadableError: It is a coding that was not asked for.
    """
    coding = content_encoding.strip().lower()
    if coding in _WINDOW:
        return _Inflated(max_bytes, _WINDOW[coding])
    if coding in ("", "identity"):
        return _Plain(max_bytes)
    raise ReplyUnreadableError("the reply has a content encoding that was not asked for", kind="encoding")


class _Plain:
    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._chunks: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> None:
        room = self._max_bytes - self._size
        self._chunks.append(chunk[:room])
        self._size += len(self._chunks[-1])
        if len(chunk) > room:
            raise _too_large(self._max_bytes)

    def finish(self) -> bytes:
        return self.so_far()

    def so_far(self) -> bytes:
        return b"".join(self._chunks)


class _Inflated(_Plain):
    """Inflates step by step; zlib is never allowed to produce more than the room that is left plus one byte."""

    def __init__(self, max_bytes: int, window: int) -> None:
        super().__init__(max_bytes)
        self._window = window
        self._inflater = zlib.decompressobj(window)
        self._started = False

    def feed(self, chunk: bytes) -> None:
        self._started = self._started or bool(chunk)
        while chunk:
            if self._inflater.eof:  # a further member: gzip files may be concatenated
                self._inflater = zlib.decompressobj(self._window)
            super().feed(self._inflate(chunk))
            chunk = self._inflater.unconsumed_tail or self._inflater.unused_data

    def finish(self) -> bytes:
        if self._started and not self._inflater.eof:
            raise ReplyUnreadableError("the compressed reply ends too early", kind="encoding")
        return self.so_far()

    def _inflate(self, chunk: bytes) -> bytes:
        try:
            return self._inflater.decompress(chunk, self._max_bytes - self._size + 1)
        except zlib.error:
            raise ReplyUnreadableError("the compressed reply is damaged", kind="encoding") from None


def _too_large(max_bytes: int) -> ReplyUnreadableError:
    return ReplyUnreadableError(f"the reply is larger than {max_bytes:,} bytes", kind="too_large")
