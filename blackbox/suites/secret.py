"""Secret suites: a released family's questions drawn anew from a key that only the auditor holds."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from blackbox.errors import SuiteError
from blackbox.suites.families import FAMILIES, VERSION
from blackbox.suites.families.draws import Draws
from blackbox.suites.fields import Place, shown
from blackbox.suites.schema import build, content_digest
from blackbox.suites.shipped import find

if TYPE_CHECKING:
    from blackbox.core import Suite

MIN_KEY_BYTES = 16
_KEPT = ("schema", "licence", "questions", "system", "decoding", "decision", "defaults", "detects", "against")


def secret_suite(family: str, key: bytes) -> Suite:
    """Return the suite of `family` that `key` stands for: same rules as the newest release, questions of its own.

    Its name holds eight digits of a digest of the key: enough to tell suites apart, nothing to guess questions from.

    Args:
        family: A family that is made of rules; `FAMILIES` lists them.
        key: At least 16 bytes nobody else knows. The same key gives the same questions.

    Raises:
        SuiteError: Another family, or too short a key.
    """
    if family not in FAMILIES:
        known = ", ".join(sorted(FAMILIES))
        raise SuiteError(f"{shown(family)} has no secret form: its questions are written by hand; known: {known}")
    if len(key) < MIN_KEY_BYTES:
        raise SuiteError(f"the key has {len(key)} bytes; take {MIN_KEY_BYTES} or more, e.g. of: openssl rand -hex 32")
    released = find(family)
    document = {name: released.document[name] for name in _KEPT if name in released.document}
    document |= _own(family, key, released)
    document["digest"] = content_digest(document)
    return build(document, Place(source=str(document["name"])), origin="file")


def _own(family: str, key: bytes, released: Suite) -> dict[str, Any]:
    mark = hmac.new(key, f"name of {family}".encode(), sha256).hexdigest()[:8]
    return {
        "name": f"{family}-secret-{mark}",
        "version": VERSION,
        "title": f"{released.title} (questions drawn from a secret key)",
        "description": f"{released.description} These questions were drawn from a key that only its holder knows.",
        "provenance": {"kind": "secret", "family": family, "generator": VERSION, "rules_of": released.digest},
        "probes": FAMILIES[family](Draws(key, family)),
    }
