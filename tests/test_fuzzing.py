"""Files of others made wrong at random: read, or refused in one line of ours, and never more. Long form: bench_fuzz."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest
from support.mutations import mutated, restructured
from support.parsers import Parser, drawn, parsers
from support.wire_fuzz import tried

from blackbox.endpoints import _reply
from blackbox.errors import BlackboxError

if TYPE_CHECKING:
    from pathlib import Path

N_EACH = 20
SLOW = {"run-parquet", "verify-journal", "verify-manifest", "exported-parquet", "run-journal", "run-suite", "bundle",
        "verify-drift", "verify-watch", "verify-comparison", "bundled", "drift", "watch"}  # fmt: skip
MOST_BYTES = 64 << 20
"""Memory that reading a few kilobytes may take at most."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Parser]]:
    """Every parser with its files."""
    return parsers(tmp_path_factory.mktemp("parsers"))


def trouble(folder: Path, parser: Parser, n: int, *, start: int = 0) -> list[str]:
    """Return what a parser did wrong with `n` changed files; the file is whole again afterwards."""
    path = folder / parser.file
    whole, found = path.read_bytes(), []
    for seed in range(start, start + n):
        content = (restructured if seed % 2 else mutated)(whole, seed)
        path.write_bytes(parser.resealed(content) if parser.resealed else content)
        try:
            parser.read(folder)
        except BlackboxError as error:
            found += [f"{seed}: {len(str(error).splitlines())} lines"] if len(str(error).splitlines()) != 1 else []
        except Exception as error:  # noqa: BLE001 - whatever is not ours is what is looked for
            found.append(f"{seed}: {type(error).__name__} {str(error)[:80]}")
    path.write_bytes(whole)
    return found


def test_mutated_files_are_read_or_refused_in_one_line(folders: dict[str, tuple[Path, Parser]]) -> None:
    """Bytes and words changed, doubled, cut: no error but ours, on one line, from any parser; memory stays small."""
    found = {}
    for name, (folder, parser) in folders.items():
        parser.read(folder)  # the whole file is fine
        found[name] = trouble(folder, parser, N_EACH // 4 if name in SLOW else N_EACH)
    # Watching every allocation slows a parser down.
    tracemalloc.start()
    for folder, parser in folders.values():
        trouble(folder, parser, 2, start=N_EACH)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert {name: problems for name, problems in found.items() if problems} == {}
    assert peak < MOST_BYTES


def test_a_comparison_of_others_is_drawn_or_refused(folders: dict[str, tuple[Path, Parser]]) -> None:
    """A `comparison.json` changed anywhere: a page, or one line."""
    folder, parser = folders["comparison"]

    assert trouble(folder, Parser(parser.file, lambda path: drawn(path.parent)), 40) == []


async def test_replies_made_wrong_are_outcomes_or_errors_of_ours() -> None:
    """Over a real socket: bodies, streams, compressed ones, errors and the framing itself; also a header in Latin-1."""
    found = await tried(6, start=7005)

    assert {kind: one.broke for kind, one in found.items() if one.broke} == {}
    outcomes = {name for one in found.values() for name in one.outcomes}
    assert {"ok", "malformed", "error protocol"} <= outcomes
    assert "error unencodable" not in outcomes


async def test_a_client_that_lets_errors_through_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check above can fail: where a reply that is no JSON raises what the reader raises."""
    monkeypatch.setattr(_reply, "malformed", lambda *_, **__: {}["a"])

    assert (await tried(3, start=7005))["body"].broke


def test_a_reader_that_lets_errors_through_would_be_seen(tmp_path: Path) -> None:
    """The check above can fail: a plain JSON reader is caught, and so is an error of two lines."""
    import json

    def two_lines(_: Path) -> None:
        raise BlackboxError("one\ntwo")

    (tmp_path / "f").write_text('{"a": [1, 2, 3]}')

    assert trouble(tmp_path, Parser("f", lambda path: json.loads((path / "f").read_text())), 20)
    assert trouble(tmp_path, Parser("f", two_lines), 1) == ["0: 2 lines"]
