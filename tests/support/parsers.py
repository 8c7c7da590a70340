"""Every parser that reads what others wrote: a valid file for each, and the call that reads it."""

from __future__ import annotations

import io
import json
import shutil
import struct
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from blackbox import store, suites
from blackbox.core import canonical
from blackbox.endpoints import _json, _reply, _stream
from blackbox.endpoints._secrets import Scrubber
from blackbox.errors import BlackboxError
from blackbox.serve.strict_json import read_body
from blackbox.store import TableFields
from blackbox.store.bundles import unpack_bundle, write_bundle
from blackbox.store.exported import read_exported
from blackbox.store.journal import FIRST_PREVIOUS, Draft, sealed
from blackbox.store.populations import POPULATION_SCHEMA, read_population, write_population
from blackbox.store.redacted import verify_redacted
from blackbox.store.tensors import read_header
from blackbox.workflow import config
from blackbox.workflow.auditing import audit
from blackbox.workflow.compare import compare_runs
from blackbox.workflow.compare_options import CompareOptions
from blackbox.workflow.differing import diff_document
from blackbox.workflow.exporting import export_table
from blackbox.workflow.importing import import_table
from blackbox.workflow.redacting import redact_runs
from blackbox.workflow.rendering import draw_stored, load_comparison
from blackbox.workflow.runs import open_run
from blackbox.workflow.serving_script import read_script
from support.result_parsers import make_results, resealed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = datetime(2026, 1, 2, tzinfo=UTC)
FIELDS = TableFields(prompt="p", response="r", model="m")


@dataclass(frozen=True)
class Parser:
    """A file in a folder of its own, and what reads it; the rest of the folder stays whole.

    Args:
        file: The file that is changed, by its name in the folder.
        read: Reads it, given the folder.
        resealed: Puts digests right again, where a reader looks no further than a wrong one.
    """

    file: str
    read: Callable[[Path], object]
    resealed: Callable[[bytes], bytes] | None = None


def _suite_resealed(content: bytes) -> bytes:
    """Return a suite file with its digest put right, where it can still be read so far."""
    try:
        return suites.locked(content.decode()).encode()
    except (UnicodeError, BlackboxError):
        return content


def _journal_resealed(content: bytes) -> bytes:
    """Return a journal whose lines are numbered and digested anew, as a forger would write them."""
    head, lines = FIRST_PREVIOUS, []
    for seq, line in enumerate(content.splitlines()):
        try:
            entry = json.loads(line)
            body = canonical(entry["body"])
            written = sealed(Draft(kind=entry["kind"], at=entry["at"], body=body), seq=seq, prev_sha256=head)
        except (ValueError, KeyError, TypeError, RecursionError):
            return content
        lines.append(written.line)
        head = written.sha256
    return b"".join(lines)


def parsers(folder: Path) -> dict[str, tuple[Path, Parser]]:
    """Return every parser by name with its folder, which is made here."""
    made = {name: (folder / name, parser) for name, parser in _SIMPLE.items()}
    for name, content in _CONTENT.items():
        (folder / name).mkdir(parents=True)
        (folder / name / _SIMPLE[name].file).write_bytes(content)
    _make_populations(folder)
    (folder / "openai-batch" / "requests.jsonl").write_bytes(_BATCH_INPUT)
    made["batch-requests"] = (folder / "openai-batch", Parser("requests.jsonl", made["openai-batch"][1].read))
    (folder / "bundle").mkdir()
    write_bundle(folder / "bundle" / "b.zip", {"runs/a/journal.jsonl": b"x" * 200, "README.txt": b"hello"}, {})
    return made | _of_runs(folder)


def _make_populations(folder: Path) -> None:
    document = {"schema": POPULATION_SCHEMA, "name": "p", "counts": {"n_pairs": 1}, "signals": [], "probes": []}
    arrays = {"pairs/scores": np.ones((3, 2)), "rows/word3/values": np.arange(9, dtype=np.uint64)}
    for name in ("population", "population-resealed", "population-arrays"):
        (folder / name).mkdir()
        write_population(folder / name / "p.json", document, arrays)


def _of_runs(folder: Path) -> dict[str, tuple[Path, Parser]]:
    """Make a real run, comparison, redacted run and exports, and return the parsers of their files."""
    results = folder / "results"
    rows = [{"m": m, "p": f"Q{i}?", "r": f"w{(i + k) % 3}"} for m in "ab" for i in range(3) for k in range(4)]
    (folder / "rows.json").write_text(json.dumps(rows))
    ids = [r.id for r in import_table(folder / "rows.json", FIELDS, suite_name="s", results=results, now=lambda: NOW)]
    compare_runs(results, ids, CompareOptions(created_at=NOW, out=results / "c"), lambda _: None)
    shutil.copytree(results / "c", results / "whole")
    redact_runs(results, ids[:1], folder / "redacted", environ={})
    more = make_results(folder, results, [_day(folder, results, k) for k in range(3)])
    for form in ("jsonl", "parquet"):
        (folder / f"exported-{form}").mkdir()
        export_table(results, ids, folder / f"exported-{form}" / "o", form, None)  # type: ignore[arg-type]
    run, redacted, comparison = results / ids[0], folder / "redacted" / ids[0], results / "c"

    def verified(_: Path) -> object:
        return audit(results, [ids[0]])

    return {
        "manifest": (run, Parser("manifest.json", store.read_manifest)),
        "run-journal": (run, Parser("journal.jsonl", open_run)),
        "run-journal-resealed": (run, Parser("journal.jsonl", open_run, _journal_resealed)),
        "run-suite": (run, Parser("suite.json", open_run)),
        "run-parquet": (run, Parser("observations.parquet", verified)),
        "verify-journal": (run, Parser("journal.jsonl", verified)),
        "verify-manifest": (run, Parser("manifest.json", verified)),
        "redacted": (redacted, Parser("redacted.json", verify_redacted, resealed)),
        "redacted-lines": (redacted, Parser("redacted.jsonl", verify_redacted)),
        "comparison": (comparison, Parser("comparison.json", lambda path: load_comparison(results, str(path)))),
        "exported-jsonl": (folder / "exported-jsonl", Parser("o", lambda path: read_exported(path / "o"))),
        "exported-parquet": (folder / "exported-parquet", Parser("o", lambda path: read_exported(path / "o"))),
        "findings-resealed": (more["findings"][0], Parser(*more["findings"][1:], resealed)),
        **{name: (place, Parser(file, read)) for name, (place, file, read) in more.items()},
    }


def _day(folder: Path, results: Path, day: int) -> str:
    """Import a day's answers of one endpoint and return the run's id."""
    at = NOW + timedelta(days=day)
    rows = [{"m": "h", "p": f"Q{i}?", "r": f"w{(i + k) % 3}", "t": at.isoformat()} for i in range(3) for k in range(4)]
    (folder / "day.json").write_text(json.dumps(rows))
    fields = TableFields(prompt="p", response="r", model="m", time="t")
    (run,) = import_table(folder / "day.json", fields, suite_name="s", results=results, now=lambda: at)
    return run.id


def drawn(results: Path) -> object:
    """Draw, diff and export a stored comparison: what a person does with one that others sent."""
    diff_document(results, str(results / "c"), str(results / "whole"))
    export_table(results, [str(results / "c")], results / "table", "csv", "pairs")
    return draw_stored(load_comparison(results, str(results / "c")), "c", to="html")


def _suite(path: Path) -> object:
    return suites.find(str(path / "s.yaml"))


def _config(name: str) -> Callable[[Path], object]:
    return lambda path: config.load(path / name, environ={}, cwd=path)


def _table(name: str) -> Callable[[Path], object]:
    return lambda path: store.read_table(path / name, FIELDS)


def _streamed(path: Path) -> object:
    try:
        return _reply.read_reply(_stream.whole((path / "s").read_bytes()).body, _NO_KEYS)
    except _json.NotJsonError as error:  # the endpoint makes it a malformed reply
        return _reply.malformed(str(error), kind="stream")


def _posted(path: Path) -> object:
    from blackbox.serve.fields import RefusedRequest

    try:
        return read_body((path / "b").read_bytes())
    except RefusedRequest as error:  # the server's own answer to a body it can't read
        return error


def _unpacked(path: Path) -> object:
    target = path / f"into-{len(list(path.iterdir()))}"
    target.mkdir()
    return unpack_bundle(path / "b.zip", target)


_NO_KEYS = Scrubber(())


def _yaml_suite() -> bytes:
    text = """
schema: blackbox.suite/1
name: small
version: 1
questions: [same]
system: You are a helpful assistant.
decoding: {temperature: 1.0, top_p: 1.0}
defaults: {family: pick, language: en, form: closed, parser: word, repeats: 5, max_output_tokens: 16}
probes:
  - {id: colour, prompt: Name a random colour. Answer with one word only.}
  - id: city
    messages: [{role: user, content: "Name a city, e.g. Paris. Answer with one word only."}]
"""
    return suites.locked(text).encode()


def _safetensors() -> bytes:
    header = json.dumps({"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}, "__metadata__": {"k": "v"}})
    return struct.pack("<Q", len(header)) + header.encode() + bytes(16)


def _inspect_archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("header.json", json.dumps(_INSPECT_HEADER))
        packed.writestr("samples/1_epoch_1.json", json.dumps(_INSPECT_SAMPLE))
    return buffer.getvalue()


def _lines(*rows: Any) -> bytes:
    return "\n".join(map(json.dumps, rows)).encode()


_ROWS = [{"m": "a", "p": "Q?", "r": "x", "n": 1.5}, {"m": "b", "p": "Q?", "r": None}, {"m": "b", "p": "R?", "r": ""}]
_INSPECT_HEADER = {"version": 2, "status": "success", "eval": {"model": "m", "task": "t"}}
_INSPECT_SAMPLE = {
    "id": 1,
    "epoch": 1,
    "input": "Q?",
    "messages": [{"role": "user", "content": "Q?"}, {"role": "assistant", "content": "A"}],
    "output": {"model": "m", "choices": [{"message": {"role": "assistant", "content": "A"}, "stop_reason": "stop"}]},
}
_CHAT = {
    "id": "x",
    "model": "m",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "hi", "tool_calls": None},
            "finish_reason": "stop",
            "logprobs": {
                "content": [{"token": "hi", "logprob": -0.1, "top_logprobs": [{"token": "a", "logprob": -2}]}]
            },
        }
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "completion_tokens_details": {"reasoning_tokens": 0}},
}
_EVENT = {"id": "x", "model": "m", "choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": None}]}
_BATCH_INPUT = _lines(
    {
        "custom_id": "1",
        "url": "/v1/chat/completions",
        "body": {"model": "m", "messages": [{"role": "user", "content": "Q?"}]},
    }
)
_LM_EVAL = {"doc_id": 0, "arguments": [["Q?", {}]], "resps": [["A"]], "filtered_resps": ["A"], "filter": "none"}
_CONTENT: dict[str, bytes] = {
    "suite": _yaml_suite(),
    "config-yaml": b"endpoints:\n  a: {kind: openai-chat, base_url: 'http://127.0.0.1:1/v1', model: m}\nseed: 1\n",
    "config-toml": b"seed = 1\n[endpoints.a]\nkind = 'openai-chat'\nbase_url = 'http://127.0.0.1:1/v1'\nmodel = 'm'\n",
    "config-json": b'{"endpoints": {"a": {"kind": "openai-chat", "base_url": "http://127.0.0.1:1/v1", "model": "m"}}}',
    "table-json": json.dumps(_ROWS).encode(),
    "table-jsonl": _lines(*_ROWS),
    "table-csv": b'm,p,r\na,Q?,"x, y"\nb,"Q\n?",z\n',
    "alpaca-eval": json.dumps([{"instruction": "Q?", "input": "i", "output": "A", "generator": "m"}]).encode(),
    "lm-eval": _lines(_LM_EVAL, {**_LM_EVAL, "doc_id": 1}),
    "inspect": json.dumps({**_INSPECT_HEADER, "samples": [_INSPECT_SAMPLE]}).encode(),
    "inspect-archive": _inspect_archive(),
    "openai-batch": _lines({"custom_id": "1", "response": {"status_code": 200, "body": _CHAT}, "error": None}),
    "http-body": json.dumps(_CHAT).encode(),
    "sse": b"data: "
    + json.dumps(_EVENT).encode()
    + b"\n\ndata: "
    + json.dumps(_EVENT).encode()
    + b"\n\ndata: [DONE]\n\n",
    "served-body": json.dumps({"model": "a", "messages": [{"role": "user", "content": "x"}], "n": 2}).encode(),
    "safetensors": _safetensors(),
    "script": b"schema: blackbox.serve-script/1\nseed: 7\nrules:\n- {fault: status, value: 503, models: a, "
    b"requests: '10-20, 30', share: 0.5}\n- {fault: hang, after_s: 60, until_s: 90}\n",
}
_SIMPLE: dict[str, Parser] = {
    "suite": Parser("s.yaml", _suite, _suite_resealed),
    "config-yaml": Parser("blackbox.yaml", _config("blackbox.yaml")),
    "config-toml": Parser("blackbox.toml", _config("blackbox.toml")),
    "config-json": Parser("blackbox.json", _config("blackbox.json")),
    "table-json": Parser("t.json", _table("t.json")),
    "table-jsonl": Parser("t.jsonl", _table("t.jsonl")),
    "table-csv": Parser("t.csv", _table("t.csv")),
    "alpaca-eval": Parser("t.json", lambda path: store.read_alpaca_eval(path / "t.json")),
    "lm-eval": Parser("samples_x.jsonl", lambda path: store.read_lm_eval(path / "samples_x.jsonl", model="m")),
    "inspect": Parser("l.json", lambda path: store.read_inspect(path / "l.json")),
    "inspect-archive": Parser("l.eval", lambda path: store.read_inspect(path / "l.eval")),
    "openai-batch": Parser(
        "o.jsonl", lambda path: store.read_openai_batch(path / "o.jsonl", requests=path / "requests.jsonl")
    ),
    "http-body": Parser("b", lambda path: _reply.read_reply((path / "b").read_bytes(), _NO_KEYS)),
    "sse": Parser("s", _streamed),
    "served-body": Parser("b", _posted),
    "safetensors": Parser("w.safetensors", lambda path: read_header(path / "w.safetensors")),
    "script": Parser("s.yaml", lambda path: read_script(path / "s.yaml", served=["a"])),
    "bundle": Parser("b.zip", _unpacked),
    "population": Parser("p.json", lambda path: read_population(path / "p.json")),
    "population-resealed": Parser("p.json", lambda path: read_population(path / "p.json"), resealed),
    "population-arrays": Parser("p.npz", lambda path: read_population(path / "p.json")),
}
