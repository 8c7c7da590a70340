"""Takes what identifies or unlocks out of prompts from one's own traffic, before they are asked of anybody else.

By patterns alone: names, addresses and whatever a pattern does not know stay. It lowers a risk and removes none.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_PROMPT = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """A text with marks such as `[email]` in place of what was found, and how often each kind was."""

    text: str
    counts: Counter[str] = field(default_factory=Counter)


def redacted(text: str) -> Redacted:
    """Return `text` without e-mail, network, telephone, card, account and identity numbers, keys and named secrets.

    Args:
        text: A prompt; what lies beyond 100,000 characters is cut off, for it is not looked at.
    """
    counts: Counter[str] = Counter()
    rest = text[:_MAX_PROMPT]
    for kind, pattern, holds in _KINDS:

        def replaced(match: re.Match[str], kind: str = kind, holds: Callable[[str], bool] = holds) -> str:
            found = match.group("secret") if "secret" in match.re.groupindex else match.group()
            if not holds(found):
                return match.group()
            counts[kind] += 1
            return match.group().replace(found, f"[{kind}]")

        rest = pattern.sub(replaced, rest)
    return Redacted(text=rest, counts=counts)


def _always(_: str) -> bool:
    return True


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def is_card(text: str) -> bool:
    """Return whether the digits of `text` are a card number (13 to 19 digits, Luhn's check digit).

    References:
        ISO/IEC 7812-1, annex B (Luhn formula).
    """
    digits = [int(c) for c in _digits(text)]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:  # noqa: PLR2004 - lengths of card numbers
        return False
    doubled = [d if i % 2 == 0 else (2 * d - 9 if d > 4 else 2 * d) for i, d in enumerate(reversed(digits))]  # noqa: PLR2004
    return sum(doubled) % 10 == 0


def is_iban(text: str) -> bool:
    """Return whether `text` is an account number with a right check (remainder 1 modulo 97).

    References:
        ISO 13616-1, IBAN structure and check digits.
    """
    plain = "".join(text.split()).upper()
    if not 15 <= len(plain) <= 34:  # noqa: PLR2004 - lengths of IBANs
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def _is_phone(text: str) -> bool:
    n = len(_digits(text))
    return 9 <= n <= 15 and (text.lstrip().startswith(("+", "00", "(", "0", "1")))  # noqa: PLR2004 - ITU-T E.164


def _looks_random(text: str) -> bool:
    """Return whether a long word mixes digits and letters as keys do and words do not."""
    return bool(re.search(r"\d", text)) and bool(re.search(r"[A-Za-z]", text)) and len(set(text)) > 10  # noqa: PLR2004


_NAMED = (
    r"(?:api[_-]?key|access[_-]?key|secret(?:[_-]?key)?|client[_-]?secret|auth[_-]?token|access[_-]?token|token|passwd|"
    r"password|passphrase|pwd|private[_-]?key|密码|口令|密钥)"
)
_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    (
        "private key",
        re.compile(
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)", re.DOTALL
        ),
        _always,
    ),
    ("password in address", re.compile(r"(?<=://)[^\s/:@]{1,80}:(?P<secret>[^\s/@]{1,200})@"), _always),
    ("email", re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,5}"), _always),
    (
        "key",
        re.compile(
            r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{12,200}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,100}|"
            r"\bgithub_pat_\w{20,120}|\bxox[abprs]-[\w-]{10,120}|\bAIza[\w-]{30,60}|\bhf_[A-Za-z0-9]{20,80}|"
            r"\beyJ[\w-]{8,2000}\.[\w-]{8,4000}\.[\w-]{8,2000}|\bglpat-[\w-]{16,60}"
        ),
        _always,
    ),
    (
        "secret",
        re.compile(
            rf"(?:\b\w{{0,40}}[_-])?{_NAMED}[\"']?\s{{0,3}}(?:[:=：]|(?:is|是|为)\s{{0,2}}[:：]?)\s{{0,3}}"
            r"[\"']?(?P<secret>[^\s\"',;]{4,200})",
            re.IGNORECASE,
        ),
        _always,
    ),
    (
        "ip address",
        re.compile(
            r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\w|\.\d)|"
            r"(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){4,7}(?::?[0-9A-Fa-f]{1,4}){1,5}(?![\w:])"
        ),
        _always,
    ),
    ("iban", re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]){11,30}\b"), is_iban),
    ("card", re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)"), is_card),
    (
        "identity number",
        re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?!\d)"),
        _always,
    ),
    ("identity number", re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])"), _always),
    ("phone", re.compile(r"(?<![\w.-])\(?[2-9]\d{2}\)?[ .-]{1,2}[2-9]\d{2}[ .-]\d{4}(?![\w-]|\.\d)"), _always),
    ("phone", re.compile(r"(?<![A-Za-z0-9_.])(?:\+|00|\(?0|1)[\d\s().-]{7,22}\d(?![\w.]?\d)"), _is_phone),
    ("key", re.compile(r"(?<![\w/.-])[A-Za-z0-9+/_-]{32,512}={0,2}(?![\w/-])"), _looks_random),
)
