"""Run ids: safe whatever the names, and found again by id, prefix or path."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.stored import (
    START,
    new_manifest,
    new_run,
    stored_suite,
)

from blackbox.core import digest
from blackbox.errors import EvidenceDamaged, UsageError
from blackbox.store import (
    create_run,
    find_runs,
    new_run_id,
    newest_with_key,
    read_manifest,
    resolve_run,
    slug,
)

HOSTILE = [
    "../../etc/passwd",
    "/absolute",
    "C:\\temp\\x",
    "CON",
    "nul.txt",
    "..",
    ".",
    "",
    "-",
    "a\x00b",
    "\ud800",
    "通义千问",
    "модель",
    "x" * 5_000,
    "qwen/qwen-2.5-14b:free",
    "\u202eevil",
    "a b\tc\nd",
    "<script>alert(1)</script>",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_becomes_a_safe_slug(name: str) -> None:
    """Short, of `[a-z0-9._-]`, no dots or dashes at its ends, never two dots in a row, never empty."""
    assert re.fullmatch(r"[a-z0-9]([a-z0-9._-]{0,38}[a-z0-9])?", slug(name))
    assert ".." not in slug(name)


def test_a_plain_name_stays_readable() -> None:
    """What is safe already is kept; letters with marks lose the marks."""
    assert slug("qwen-official") == "qwen-official"
    assert slug("qwen/Qwen-2.5-14B-Instruct") == "qwen-qwen-2.5-14b-instruct"
    assert slug("modèle") == "modele"


def test_names_without_a_letter_to_keep_stay_apart() -> None:
    """Two names in another script have different slugs."""
    assert slug("通义") != slug("盘古")


@pytest.mark.parametrize("name", HOSTILE)
async def test_no_name_from_outside_becomes_a_path(tmp_path: Path, name: str) -> None:
    """A run of an endpoint of any name is one folder in the results folder, and is found again."""
    results = tmp_path / "deep" / "results"
    suite = replace(stored_suite(), name=name)
    key = digest([name, suite.digest])
    manifest = new_manifest(suite, endpoint=name, run_id=new_run_id(START, name, name, key))
    path = create_run(results, manifest=manifest, suite=suite)
    assert [path] == list(results.iterdir())
    assert re.fullmatch(r"20260102t030405z-[a-z0-9._-]+-[0-9a-f]{8}", path.name)
    assert (name, path) == (find_runs(results)[0].manifest.endpoint_name, resolve_run(results, path.name))


def test_runs_are_listed_oldest_first(tmp_path: Path) -> None:
    """By the time they began; other folders and files in the results folder are none of them."""
    later, earlier = new_run(tmp_path, at=START + timedelta(hours=1)), new_run(tmp_path)
    (tmp_path / "notes").mkdir()
    (tmp_path / "file.txt").touch()
    assert [earlier, later] == [run.path for run in find_runs(tmp_path)]
    assert find_runs(tmp_path / "nowhere") == ()


def test_a_damaged_manifest_is_named_and_not_skipped(tmp_path: Path) -> None:
    """Listing runs says which one is damaged."""
    path = new_run(tmp_path)
    (path / "manifest.json").write_text('{"schema": NaN}', encoding="utf-8")
    with pytest.raises(EvidenceDamaged, match=rf"{path.name}/manifest\.json is damaged: NaN is not JSON"):
        find_runs(tmp_path)


def test_the_newest_run_of_a_key_is_found(tmp_path: Path) -> None:
    """Of those with the key, the one begun last; None where there is none."""
    newest = new_run(tmp_path, at=START + timedelta(days=1))
    new_run(tmp_path)
    new_run(tmp_path, endpoint="other", at=START + timedelta(days=2))
    found = newest_with_key(tmp_path, read_manifest(newest).run_key)
    assert found is not None
    assert newest == found.path
    assert newest_with_key(tmp_path, "0" * 64) is None


def test_a_run_is_named_by_id_prefix_or_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All three give the same folder; an id that is a prefix of another still names its own."""
    path, other = new_run(tmp_path), new_run(tmp_path, endpoint="other")
    assert path == resolve_run(tmp_path, path.name)
    assert other == resolve_run(tmp_path, other.name[:22])
    assert path == resolve_run(tmp_path / "elsewhere", str(path))
    monkeypatch.chdir(tmp_path)
    assert Path(path.name) == resolve_run(tmp_path / "elsewhere", path.name)
    longer = tmp_path / f"{path.name}0"
    path.rename(longer)
    new_run(tmp_path)
    assert path == resolve_run(tmp_path, path.name)


@pytest.mark.parametrize("name", ["20260102t030405z-", "2"])
def test_an_ambiguous_prefix_lists_what_it_begins(tmp_path: Path, name: str) -> None:
    """So that a person can write more of it."""
    runs = [new_run(tmp_path, endpoint=endpoint).name for endpoint in "abcdefg"]
    with pytest.raises(UsageError, match=f"begins 7 runs: {runs[0]}, .* and 2 more; write more of the id"):
        resolve_run(tmp_path, name)


@pytest.mark.parametrize("name", ["nothing", "", "\0", "x" * 5_000, "\ud800", "../..", "/"])
def test_an_unknown_run_is_a_usage_error(tmp_path: Path, name: str) -> None:
    """Whatever the name; the message says which runs there are, or that there are none."""
    with pytest.raises(UsageError, match="it has no runs"):
        resolve_run(tmp_path, name)
    path = new_run(tmp_path)
    with pytest.raises(UsageError, match=f"there are: {path.name}"):
        resolve_run(tmp_path, name)
