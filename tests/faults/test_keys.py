"""A server that shows the key everywhere: it is in no file and no line afterwards, and goes to nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support import key_echo
from support.hurried_time import hurry
from support.key_echo import KEYS, meet
from support.key_scan import found_keys
from support.processes import forked, hook

if TYPE_CHECKING:
    from pathlib import Path

ALL = ("run", "doctor", "show", "verify")


def test_no_file_and_no_line_holds_a_key(tmp_path: Path) -> None:
    """After every command that meets the server: no key in any form, no ambient key sent, no redirect followed."""
    met = meet(tmp_path, forked, hooks=(hook(hurry),), commands=ALL)
    assert () == met.keys
    assert () == met.ambient_sent
    assert 0 == met.n_elsewhere
    assert (4, 0, 0) == tuple(met.codes[name] for name in ("run", "show", "verify"))
    assert met.n_noted > 0
    assert met.warned


@pytest.mark.parametrize("mutant", [key_echo.shows_keys, key_echo.shows_joined_keys])
def test_a_run_that_masks_nothing_or_not_enough_is_caught(tmp_path: Path, mutant: Any) -> None:
    """The scan above finds the key where masking is off, or looks only at the parts of a reply."""
    met = meet(tmp_path, forked, hooks=(hook(hurry), hook(mutant)))
    assert any("SHOP_KEY" in found for found in met.keys)
    assert any("SHOP_TENANT" in found for found in met.keys)


def test_a_run_that_follows_redirects_is_caught(tmp_path: Path) -> None:
    """The test above sees a request that goes to where a redirect points."""
    met = meet(tmp_path, forked, hooks=(hook(hurry), hook(key_echo.follows_redirects)))
    assert met.n_elsewhere > 0


def test_the_scan_itself_sees_every_form(tmp_path: Path) -> None:
    """Raw, URL-encoded, base64 at each position, hexadecimal and escaped, one file each."""
    forms = key_echo._forms(KEYS["SHOP_KEY"]).split(" ")
    for i, form in enumerate(forms):
        (tmp_path / f"{i:02d}.txt").write_text(f"x {form} y", encoding="utf-8")
    assert {f"{i:02d}.txt" for i in range(len(forms))} == {
        found.partition(":")[0] for found in found_keys(tmp_path, KEYS)
    }
