"""Parsers of results: readings of histories, what `doctor` found, bundles with what is in them, labels of pairs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from blackbox import store, suites
from blackbox.core import EndpointSpec, digest
from blackbox.store.bundles import write_bundle
from blackbox.store.examinations import FINDINGS
from blackbox.workflow._calibrate_labels import Sides, read_labels
from blackbox.workflow.auditing import audit
from blackbox.workflow.doctor import endpoint_key
from blackbox.workflow.doctor_advice import advise, honoured_decoding, recent_examinations
from blackbox.workflow.drifting import DriftOptions, drift_runs
from blackbox.workflow.rendering import draw_stored, load_comparison

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SPEC = EndpointSpec(name="a", kind="openai-chat", base_url="http://127.0.0.1:1/v1", model="m")
_SIDES = Sides(same=("same",), different=("other",), sibling=())


def make_results(
    folder: Path, results: Path, history: Sequence[str]
) -> dict[str, tuple[Path, str, Callable[[Path], object]]]:
    """Make a reading, a watched history, an examination, and labels; return folder, file and reader of each.

    Args:
        folder: Where they go that are no results.
        results: The results folder, with a comparison in `c`.
        history: Ids of the runs of one endpoint.
    """
    drift_runs(results, history, DriftOptions(created_at=NOW, out=results / "d"), lambda _: None)
    reading = json.loads((results / "d" / store.DRIFT).read_text())
    (results / "w").mkdir()
    watched = {"schema": "blackbox.watch/1", "histories": [reading], "sessions": [], "provenance": {"created_at": "x"}}
    (results / "w" / store.DRIFT).write_text(json.dumps(watched))
    labels = folder / "labels"
    labels.mkdir()
    (labels / "pairs.csv").write_text("a,b,relation\nm,n,same\nm,o,other\n")
    (labels / "groups.csv").write_text("model,group\nm,1\nn,1\no,2\n")
    return {
        "drift": (results / "d", store.DRIFT, _drawn),
        "watch": (results / "w", store.DRIFT, _drawn),
        "verify-drift": (results / "d", store.DRIFT, lambda path: audit(path.parent, [str(path)])),
        "verify-watch": (results / "w", store.DRIFT, lambda path: audit(path.parent, [str(path)])),
        "verify-comparison": (results / "c", "comparison.json", lambda path: audit(path.parent, [str(path)])),
        "bundled": (results / "c", "comparison.json", _bundled),
        "label-pairs": (labels, "pairs.csv", _labels),
        "label-groups": (labels, "groups.csv", _labels),
        "findings": (_examined(folder), FINDINGS, _advised),
    }


def _examined(folder: Path) -> Path:
    finding = {"check": "temperature", "status": "ignored", "seen": "x", "breaks": ["temperature"], "quirks": []}
    document: dict[str, Any] = {
        "endpoint": "a",
        "endpoint_key": endpoint_key(SPEC),
        "created_at": NOW.isoformat(),
        "honoured": {"temperature": None},
        "findings": [{**finding, "pvalue": 0.5, "effects": {"same": "none"}}, {**finding, "status": "honoured"}],
    }
    written = store.write_examination(folder / "examined", document, [], at=NOW)
    return folder / "examined" / store.EXAMINATIONS / str(written["id"])


def _drawn(path: Path) -> object:
    return draw_stored(load_comparison(path.parent, str(path)), "d", to="html")


def _bundled(path: Path) -> object:
    archive = path.parent / "b.zip"
    write_bundle(archive, {"results/c/comparison.json": (path / "comparison.json").read_bytes()}, {})
    return audit(path.parent, [str(archive)])


def _labels(path: Path) -> object:
    return read_labels(path / "pairs.csv", path / "groups.csv", _SIDES, ("m", "n", "o"))


def _advised(path: Path) -> object:
    """Read what `run` reads of an examination."""
    found = recent_examinations(path.parent.parent, now=NOW)
    honoured_decoding(found.of(SPEC))
    return advise([(SPEC, suites.find("one-token"))], found, despite=True)


def resealed(content: bytes) -> bytes:
    """Return a JSON object with its own digest put right; what is no object any more stays as it is."""
    try:
        document = json.loads(content)
        said = {name: value for name, value in document.items() if name != "digest"}
        return json.dumps({**said, "digest": digest(said)}).encode()
    except (ValueError, AttributeError, RecursionError):
        return content
