"""Takes what identifies or unlocks out of prompts from one's own traffic, before they are asked of anybody else.

By patterns alone: names, addresses and whatever a pattern does not know stay. It lowers a risk and removes none.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
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
    for kind, pattern, marked in _KINDS:

        def replaced(match: re.Match[str], kind: str = kind, marked: Callable[[str], int] = marked) -> str:
            found, whole = match.span("secret" if "secret" in match.re.groupindex else 0), match.span()
            length = marked(match.string[slice(*found)])
            if not length:
                return match.group()
            counts[kind] += 1
            return f"{match.string[whole[0] : found[0]]}[{kind}]{match.string[found[0] + length : whole[1]]}"

        rest = pattern.sub(replaced, rest)
    return Redacted(text=rest, counts=counts)


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
    plain = "".join(text.replace("-", " ").split()).upper()
    if not 15 <= len(plain) <= 34:  # noqa: PLR2004 - lengths of IBANs
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdecimal())


def _all(text: str) -> int:
    return len(text)


def _if(holds: Callable[[str], bool]) -> Callable[[str], int]:
    """Return what says how many characters of a find are marked: all where it holds, else none."""
    return lambda text: len(text) if holds(text) else 0


def _beginning(holds: Callable[[str], bool]) -> Callable[[str], int]:
    """Return what marks the longest beginning that holds and ends where a word does: other numbers may follow."""

    def marked(text: str) -> int:
        ends = (n for n in range(len(text), 0, -1) if text[n - 1].isalnum() and not text[n : n + 1].isalnum())
        return next((n for n in ends if holds(text[:n])), 0)

    return marked


def _is_phone(text: str) -> bool:
    n, first = len(_digits(text)), unicodedata.normalize("NFKC", text.lstrip(" ("))[:1]
    return n == _TRUNK_8_DIGITS if first == "8" else 9 <= n <= 15  # noqa: PLR2004 - ITU-T E.164


def _is_network_address(text: str) -> bool:
    """Return whether `text` is an IPv6 address that is somebody's own (not `::1`), or that of a network card."""
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return re.fullmatch(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}", text) is not None
    return len(_digits(text)) > 2  # noqa: PLR2004 - a::b is code


def _looks_random(text: str) -> bool:
    """Return whether a long word mixes digits and letters as keys do and words do not."""
    return bool(re.search(r"\d", text)) and bool(re.search(r"[A-Za-z]", text)) and len(set(text)) > 10  # noqa: PLR2004


def _has_digit(text: str) -> bool:
    return re.search(r"\d", text) is not None


_TRUNK_8_DIGITS = 11
"""Digits of a number that starts with 8, the trunk prefix of Russia and Kazakhstan."""
_NAMED = (
    r"(?:api[ _-]?key|access[_-]?key|secret(?:[_-]?key)?|client[_-]?secret|auth[_-]?token|access[_-]?token|token|"
    r"passwd|password|passphrase|pwd|private[_-]?key|passwort|kennwort|contraseña|mot\sde\spasse|senha|пароль|"
    r"كلمة\s(?:المرور|السر)|密码|密碼|口令|密钥|パスワード)"
)
_BRIEF = r"(?<![^\W_])(?:pass|pin|cvv2?|cvc|ключ)"
"""Words that name a secret only before a colon or an equals sign."""
_QUOTED = r"(?<=\")[^\"\n]{1,200}(?=\")|(?<=')[^'\n]{1,200}(?=')"
_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], int]], ...] = (
    (
        "private key",
        re.compile(
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)", re.DOTALL
        ),
        _all,
    ),
    ("password in address", re.compile(r"(?<=://)[^\s/:@]{0,80}:(?P<secret>[^\s/]{1,200})@"), _all),
    ("email", re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,5}"), _all),
    (
        "key",
        re.compile(
            r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{12,200}|\bA(?:KIA|SIA|ROA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,100}|"
            r"\bgithub_pat_\w{20,120}|\bxox[abprs]-[\w-]{10,120}|\bAIza[\w-]{30,60}|\bhf_[A-Za-z0-9]{20,80}|"
            r"\beyJ[\w-]{8,2000}\.[\w-]{8,4000}\.[\w-]{8,2000}|\bglpat-[\w-]{16,60}"
        ),
        _all,
    ),
    (
        "key",
        re.compile(r"\b(?:Bearer|Basic)\s{1,3}(?P<secret>[\w.~+/-]{12,2000}={0,2})", re.IGNORECASE),
        _if(_has_digit),
    ),
    (
        "secret",
        re.compile(
            rf"(?:\b\w{{0,40}}[_-])?{_NAMED}[\"']?\s{{0,3}}(?:[:=：]|(?:is|ist|es|est|это|是|为)\s{{0,2}}[:：]?)\s{{0,3}}"
            rf"[\"']?(?P<secret>{_QUOTED}|[^\s\"',;，。；、]{{4,200}})",
            re.IGNORECASE,
        ),
        _all,
    ),
    (
        "secret",
        re.compile(
            rf"{_BRIEF}[\"']?\s{{0,3}}[:=：]\s{{0,3}}[\"']?(?P<secret>{_QUOTED}|[^\s\"',;，。；、]{{3,200}})",
            re.IGNORECASE,
        ),
        _all,
    ),
    (
        "ip address",
        re.compile(r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\w|\.\d)"),
        _all,
    ),
    (
        "ip address",
        re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])"),
        _if(_is_network_address),
    ),
    (
        "iban",
        re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}(?![A-Za-z0-9])", re.IGNORECASE | re.ASCII),
        _beginning(is_iban),
    ),
    ("card", re.compile(r"(?<!\d)\d(?:[ -]?\d){12,30}(?!\d)"), _beginning(is_card)),
    (
        "identity number",
        re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?!\d)"),
        _all,
    ),
    ("identity number", re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])"), _all),
    ("phone", re.compile(r"(?<![\w.-])\(?[2-9]\d{2}\)?[ .-]{1,2}[2-9]\d{2}[ .-]\d{4}(?![\w-]|\.\d)"), _all),
    ("phone", re.compile(r"(?<![\w./-])0\d{2,5}/\d{5,9}(?![\w/])"), _all),
    (
        "phone",
        re.compile(
            r"(?<![A-Za-z0-9_.])(?:\+|\(?[0٠۰](?![.,])|8(?=[ (-])|1(?=[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)|"
            r"[ .-]?\(?[2-9]\d{2}\)?[ .-]?[2-9]\d{2}[ .-]?\d{4}(?!\d)))[\d\s().-]{7,40}\d(?![\w.]?\d)"
        ),
        _beginning(_is_phone),
    ),
    ("key", re.compile(r"(?<![\w/.-])[A-Za-z0-9+/_-]{32,512}={0,2}(?![\w/-])"), _if(_looks_random)),
)
