"""A server that shows the key everywhere: where it is found afterwards, and what else went where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def keys(folder: Path) -> dict[str, Any]:
    """Return what was found after every command that meets an endpoint or reads its answers."""
    from support.hurried_time import hurry
    from support.key_echo import AMBIENT, KEYS, REPLIES, meet
    from support.processes import forked, hook

    commands = ("plan", "run", "doctor", "show", "verify", "compare")
    met = meet(
        folder, forked, hooks=(hook(hurry),), commands=commands, patients=("everywhere", "parts", "ambient-openai")
    )
    flaws = [*met.keys, *(f"{name} was sent" for name in met.ambient_sent)]
    flaws += [f"{met.n_elsewhere} redirects followed"] if met.n_elsewhere else []
    return {
        "kinds_of_reply": len(REPLIES),
        "keys_live": len(KEYS),
        "ambient_keys_live": len(AMBIENT),
        "commands": dict(met.codes),
        "requests": met.n_requests,
        "files_scanned": met.n_files,
        "keys_found": len(met.keys),
        "ambient_keys_sent": len(met.ambient_sent),
        "redirects_followed": met.n_elsewhere,
        "replies_masked_and_noted": met.n_noted,
        "flaws": flaws,
    }
