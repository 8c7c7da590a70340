"""From a shell, over HTTP: an endpoint that caches is examined, refused, asked nevertheless, and compared as such."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from blackbox import serve
from tests.support.fake_vendor import N_CALLS, SMALL_SUITE
from tests.support.schemas import checked

if TYPE_CHECKING:
    from tests.support.commands import Command

TEXTS = tuple(f" word{i} and more of it" for i in range(400))


def test_what_doctor_finds_goes_all_the_way_into_the_comparison(tmp_path: Path, command: Command) -> None:
    """Examined by name, refused with the reason, collected if told, in the manifest, stopped and printed by compare."""
    from blackbox.suites import locked

    suite = tmp_path / "small.yaml"
    suite.write_text(locked(SMALL_SUITE), encoding="utf-8")
    served = {name: serve.FixedAnswers(*TEXTS) for name in ("maker", "shop")}
    with serve.running(served, quirks={"shop": ["cache-repeats"]}) as url:
        lines = [f"  {name}: {{kind: openai-chat, base_url: {url}, model: {name}}}\n" for name in served]
        (tmp_path / "blackbox.yaml").write_text("endpoints:\n" + "".join(lines), encoding="utf-8")
        examined = command("doctor", "--json")
        refused = command("run", "-s", suite, "-e", "shop", "--json")
        forced = command("run", "-s", suite, "--despite-doctor", "--json")
    sessions = {entry["endpoint"]: entry for entry in forced.json["sessions"]}
    runs = [entry["path"] for entry in sessions.values()]
    manifests = {
        name: checked(json.loads((Path(e["path"]) / "manifest.json").read_text("utf-8")))
        for name, e in sessions.items()
    }
    honoured = {name: manifest["honoured_decoding"] for name, manifest in manifests.items()}
    stopped = command("compare", *runs)
    compared = command("compare", *runs, "--allow-decoding-differences")

    assert {"maker": [], "shop": ["cache-repeats"]} == {
        e["endpoint"]: e["quirks"] for e in examined.json["examinations"]
    }
    assert 2 == refused.code
    assert "its answers are not draws" in refused.err
    assert "--despite-doctor" in refused.err
    assert [N_CALLS, N_CALLS] == [entry["n_sent"] for entry in sessions.values()]
    assert {"maker": "honoured", "shop": "not honoured: cache-repeats"} == {
        n: h["repeats"] for n, h in honoured.items()
    }
    assert 2 == stopped.code
    assert "repeats honoured against not honoured: cache-repeats" in stopped.err
    assert 0 == compared.code
    assert "cache-repeats" in compared.out
