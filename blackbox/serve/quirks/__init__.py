"""Quirk profiles: what real servers were measured to do while answering 200.

A quirk is a class of one of this folder's modules, registered under its name; adding one is adding that class. The
names and what each reproduces are in `QUIRKS`.
"""

from blackbox.serve.quirks import changing, ignoring, replying, routing
from blackbox.serve.quirks.registry import QUIRKS, Quirk, QuirkKind, make_quirk

__all__ = ["QUIRKS", "Quirk", "QuirkKind", "changing", "ignoring", "make_quirk", "replying", "routing"]
