"""Other tools' files of answers: read as their projects write them; failures stay failures; bad files are one line."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from blackbox.workflow import importing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Command


def lines(path: Path, rows: list[Any]) -> Path:
    """Write rows as JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def document(path: Path, value: Any) -> Path:
    """Write a JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def imported(command: Command, path: Path, layout: str, *more: str | Path) -> dict[str, list[dict[str, Any]]]:
    """Import a file and return each model's observations, with the prompt of their probe."""
    said = command("import", path, "--format", layout, "--suite", "s", *more, "--json")
    assert 0 == said.code, said.err
    found: dict[str, list[dict[str, Any]]] = {}
    for run in said.json["runs"]:
        shown = command("show", run["id"], "--json").json
        found[run["endpoint"]] = [
            {**o, "prompt": probe["prompt"]} for probe in shown["probes"] for o in probe["answers"][0]["observations"]
        ]
    return found


def told(observations: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """Return outcome and text of observations."""
    return [(o["outcome"], o["text"]) for o in observations]


# --- alpaca_eval ----------------------------------------------------------------------------------


def test_alpaca_eval(command: Command, tmp_path: Path) -> None:
    """A run a generator; null is an error, '' is empty; an input stands below its instruction."""
    rows = [
        {"instruction": "Say hi.", "output": "Hi.", "generator": "m1", "dataset": "d", "datasplit": "eval"},
        {"instruction": "Sum.", "input": "1 2", "output": None, "generator": "m1"},
        {"instruction": "Say hi.", "output": "", "generator": "m2"},
    ]
    found = imported(command, document(tmp_path / "model_outputs.json", rows), "alpaca-eval")
    assert {"m1", "m2"} == set(found)
    assert {("ok", "Hi."), ("error", None)} == set(told(found["m1"]))
    assert [("empty", None)] == told(found["m2"])
    assert "Sum.\n\n1 2" in {o["prompt"] for o in found["m1"]}


def test_alpaca_eval_without_generator_is_named_after_its_folder(command: Command, tmp_path: Path) -> None:
    """alpaca_eval keeps `results/<model>/model_outputs.json`."""
    rows = [{"instruction": "Say hi.", "output": "Hi."}]
    path = document(tmp_path / "my-model" / "model_outputs.json", rows)
    assert ["my-model"] == list(imported(command, path, "alpaca-eval"))
    assert ["other"] == list(imported(command, path, "alpaca-eval", "--model", "other"))


# --- lm-evaluation-harness ------------------------------------------------------------------------


def sample(number: int, prompt: Any, replies: Any, **more: Any) -> dict[str, Any]:
    """Return a line of a samples file."""
    return {
        "doc_id": number,
        "doc": {"q": "?"},
        "target": "4",
        "arguments": {"gen_args_0": {"arg_0": prompt, "arg_1": {"until": ["\n\n"], "do_sample": False}}},
        "resps": [replies],
        "filtered_resps": [replies[0]],
        "filter": "strict-match",
        "exact_match": 1.0,
        **more,
    }


def test_lm_eval(command: Command, tmp_path: Path) -> None:
    """Replies before any filter, once; repeats kept; chat prompts are messages; the model is in the results file."""
    chat = json.dumps([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2+2?"}])
    rows = [
        sample(0, "Q: 1+1?\nA:", ["two", "2", ""]),
        sample(0, "Q: 1+1?\nA:", ["two", "2", ""], filter="flexible-extract"),
        sample(1, [chat], ["4"]),
        sample(2, "Q: gone?", [None]),
    ]
    folder = tmp_path / "out" / "org__m"
    path = lines(folder / "samples_sums_2026-01-02T03-04-05.678901.jsonl", rows)
    document(folder / "results_2026-01-02T03-04-05.678901.json", {"model_name": "org/m"})
    found = imported(command, path, "lm-eval")
    assert ["org/m"] == list(found)
    by_prompt = {prompt: [t for t in found["org/m"] if t["prompt"] == prompt] for prompt in ("Q: 1+1?\nA:", "Q: gone?")}
    assert [("ok", "two"), ("ok", "2"), ("empty", None)] == told(by_prompt["Q: 1+1?\nA:"])
    assert [("error", None)] == told(by_prompt["Q: gone?"])
    (rest,) = [o for o in found["org/m"] if o["prompt"] not in by_prompt]
    assert ("ok", "4") == (rest["outcome"], rest["text"])
    assert "2+2?" == rest["prompt"]
    (suite,) = (tmp_path / "results").glob("*/suite.json")
    assert "Be brief." in suite.read_text(encoding="utf-8")


def test_lm_eval_is_named_after_its_folder(command: Command, tmp_path: Path) -> None:
    """Without a results file the model is the folder's name; older files hold arguments as lists."""
    row = sample(0, "Q", ["A"]) | {"arguments": [["Q", {"until": []}]]}
    path = lines(tmp_path / "org__m" / "samples_t_2026-01-02T03-04-05.678901.jsonl", [row])
    assert ["org__m"] == list(imported(command, path, "lm-eval"))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"q": 1}, "no 'doc_id'"),
        (sample(0, "Q", ["-1.0", "False"]) | {"arguments": {"gen_args_0": {"arg_0": "Q", "arg_1": " a"}}}, "scores"),
        (sample(0, "Q", ["x"]) | {"arguments": {"gen_args_0": {"arg_0": "Q"}}}, "log-likelihoods"),
        (sample(0, "Q", ["x"]) | {"arguments": [["Q", " a"], ["Q", " b"]]}, "2 requests"),
        (sample(0, "Q", ["x"]) | {"resps": "x"}, "'resps'"),
        (sample(0, "Q", ["x"]) | {"resps": [[["a", 1]]]}, "no text"),
        (sample(0, "", ["x"]), "prompt"),
    ],
)
def test_lm_eval_without_answers_is_refused(command: Command, tmp_path: Path, row: dict[str, Any], said: str) -> None:
    """A task that scores given texts, and a file of something else, end in one line and exit 2."""
    result = command("import", lines(tmp_path / "s.jsonl", [row]), "--format", "lm-eval", "--suite", "s")
    assert 2 == result.code
    assert said in result.line()
    assert "line 1" in result.line()


def test_lm_eval_document_twice(command: Command, tmp_path: Path) -> None:
    """One document twice under one filter is an error, not a repeat."""
    path = lines(tmp_path / "s.jsonl", [sample(0, "Q", ["a"]), sample(0, "Q", ["b"])])
    assert "twice" in command("import", path, "--format", "lm-eval", "--suite", "s").line()


# --- inspect_ai -----------------------------------------------------------------------------------


def inspected(number: int, reply: Any = "Four.", **more: Any) -> dict[str, Any]:
    """Return a sample of an inspect_ai log."""
    asked = [
        {"role": "system", "content": "Be brief.", "source": "config"},
        {"role": "user", "content": [{"type": "text", "text": f"Question {number}?"}], "source": "input"},
    ]
    said = {"role": "assistant", "content": reply, "source": "generate"}
    return {
        "id": number,
        "epoch": 1,
        "input": f"Question {number}?",
        "target": "4",
        "messages": [*asked, said],
        "output": {"model": "m-2026", "choices": [{"message": said, "stop_reason": "stop"}]},
        **more,
    }


def log(samples: list[dict[str, Any]]) -> dict[str, Any]:
    """Return an inspect_ai log."""
    return {"version": 2, "status": "success", "eval": {"task": "t", "model": "vendor/m"}, "samples": samples}


SAMPLES = [
    inspected(1),
    inspected(1, "Still four.") | {"epoch": 2},
    inspected(2, [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "Attached."}]),
    inspected(3, error={"message": "boom", "traceback": "…"}),
    inspected(4, "No.") | {"output": {"choices": [{"message": {"content": "No."}, "stop_reason": "content_filter"}]}},
    inspected(5, "Long") | {"output": {"choices": [{"message": {"content": "Long"}, "stop_reason": "max_tokens"}]}},
    inspected(6, "") | {"output": {"choices": []}, "messages": []},
    inspected(7, "attachment://abc", attachments={"abc": "A long text."}),
    inspected(8, ""),
]


def check_inspect(found: dict[str, list[dict[str, Any]]]) -> None:
    """Check what `SAMPLES` become."""
    assert ["vendor/m"] == list(found)
    by_text = {o["text"]: o for o in found["vendor/m"]}
    assert {"Four.", "Still four."} == {o["text"] for o in found["vendor/m"] if "Question 1?" in o["prompt"]}
    assert "ok" == by_text["Attached."]["outcome"]
    assert "filtered" == by_text["No."]["outcome"]
    assert "truncated" == by_text["Long"]["outcome"]
    assert "ok" == by_text["A long text."]["outcome"]
    outcomes = sorted(o["outcome"] for o in found["vendor/m"])
    assert ["empty", "error", "error", "filtered", "ok", "ok", "ok", "ok", "truncated"] == outcomes
    errors = sorted(o["error"]["kind"] for o in found["vendor/m"] if o["error"])
    assert ["no_output", "sample_error"] == errors


def test_inspect_json(command: Command, tmp_path: Path) -> None:
    """Epochs are repeats; system messages are asked too; errors, filters and cut answers keep what they are."""
    check_inspect(imported(command, document(tmp_path / "log.json", log(SAMPLES)), "inspect"))


def test_inspect_eval(command: Command, tmp_path: Path) -> None:
    """The zipped form gives the same, whatever else is in it."""
    path = tmp_path / "log.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_journal/start.json", json.dumps(log([]) | {"samples": None}))
        for each in SAMPLES:
            archive.writestr(f"samples/{each['id']}_epoch_{each['epoch']}.json", json.dumps(each))
        archive.writestr("../../evil.json", "{}")
        archive.writestr("summaries.json", "[]")
    check_inspect(imported(command, path, "inspect"))
    assert not (tmp_path.parent / "evil.json").exists()


def test_inspect_conversations_are_refused(command: Command, tmp_path: Path) -> None:
    """An agent's conversation is no question with an answer."""
    many = inspected(1)
    turns = [*many["messages"], {"role": "user", "content": "And?"}, {"role": "assistant", "content": "So."}]
    path = document(tmp_path / "log.json", log([many | {"messages": turns}]))
    assert "2 turns" in command("import", path, "--format", "inspect", "--suite", "s").line()


def test_inspect_bomb(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file that unpacks to a huge one is stopped while it unpacks, in one line."""
    monkeypatch.setattr("blackbox.store.inspect_logs.MAX_MEMBER_BYTES", 10_000)
    path = tmp_path / "log.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", json.dumps(log([])))
        archive.writestr("samples/1_epoch_1.json", " " * 10_000_000)
    said = command("import", path, "--format", "inspect", "--suite", "s")
    assert 2 == said.code
    assert "unpacks to more than 10,000 bytes" in said.line()


# --- OpenAI batches -------------------------------------------------------------------------------


def asked(name: str, text: str, **more: Any) -> dict[str, Any]:
    """Return a line of a batch's input file."""
    body = {"model": "m", "messages": [{"role": "user", "content": text}], **more}
    return {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body}


def replied(name: str, message: Any, finish: str = "stop", **more: Any) -> dict[str, Any]:
    """Return a line of a batch's output file."""
    choice = {"index": 0, "message": message, "finish_reason": finish}
    body = {"id": f"c-{name}", "object": "chat.completion", "model": "m-2026", "choices": [choice], **more}
    return {"id": "b", "custom_id": name, "response": {"status_code": 200, "body": body}, "error": None}


def test_openai_batch(command: Command, tmp_path: Path) -> None:
    """Replies in any order are joined with their requests; every way to fail stays one."""
    refused = {"role": "assistant", "content": None, "refusal": "I can't."}
    requests = lines(tmp_path / "in.jsonl", [asked(f"r{i}", f"Q{i}?") for i in range(10)])
    output = lines(
        tmp_path / "out.jsonl",
        [
            replied("r1", refused),
            replied("r0", {"role": "assistant", "content": "Zero."}),
            replied("r2", {"role": "assistant", "content": ""}),
            replied("r3", {"role": "assistant", "content": "Cut"}, "length"),
            replied("r4", {"role": "assistant", "content": None}, "content_filter"),
            {"custom_id": "r5", "response": None, "error": {"code": "batch_expired", "message": "too late"}},
            {"custom_id": "r6", "response": {"status_code": 429, "body": {"error": {"message": "slow down"}}}},
            replied("r7", {"content": None, "tool_calls": [{"type": "function"}]}, "tool_calls"),
            {"custom_id": "r8", "response": {"status_code": 200, "body": {"choices": []}}, "error": None},
        ],
    )
    found = imported(command, output, "openai-batch", "--input", requests)["m"]
    by_prompt = {o["prompt"]: (o["outcome"], o["text"], (o["error"] or {}).get("kind")) for o in found}
    assert {
        "Q0?": ("ok", "Zero.", None),
        "Q1?": ("refusal", "I can't.", None),
        "Q2?": ("empty", None, None),
        "Q3?": ("truncated", "Cut", None),
        "Q4?": ("filtered", None, None),
        "Q5?": ("error", None, "batch_expired"),
        "Q6?": ("error", None, "http_429"),
        "Q7?": ("tool_call", None, None),
        "Q8?": ("malformed", None, "unreadable_reply"),
        "Q9?": ("error", None, "no_reply"),
    } == by_prompt


def test_openai_batch_of_responses_and_choices(command: Command, tmp_path: Path) -> None:
    """Batches of /v1/responses are read; several choices of a reply are repeats; models make runs of their own."""
    requests = [
        {
            "custom_id": "a",
            "url": "/v1/responses",
            "body": {"model": "m", "instructions": "Be brief.", "input": "Q?"},
        },
        asked("b", "Q?", n=2) | {},
    ]
    requests[1]["body"]["model"] = "n"
    part = {"type": "output_text", "text": "A."}
    said = {"status": "completed", "output": [{"type": "reasoning"}, {"type": "message", "content": [part]}]}
    two = replied("b", {"content": "one"})
    two["response"]["body"]["choices"].append({"message": {"content": "two"}, "finish_reason": "stop"})
    output = lines(
        tmp_path / "out.jsonl",
        [{"custom_id": "a", "response": {"status_code": 200, "body": said}, "error": None}, two],
    )
    found = imported(command, output, "openai-batch", "--input", lines(tmp_path / "in.jsonl", requests))
    assert [("ok", "A.")] == told(found["m"])
    assert [("ok", "one"), ("ok", "two")] == told(found["n"])


@pytest.mark.parametrize(
    ("request_line", "reply", "said"),
    [
        (asked("a", "Q?"), replied("zz", {"content": "x"}), "no request 'zz'"),
        (asked("a", "Q?") | {"url": "/v1/embeddings"}, replied("a", {"content": "x"}), "only questions"),
        (asked("a", "Q?", tools=[{"type": "function"}]), replied("a", {"content": "x"}), "tools"),
        (asked("a", "Q?", messages=[]), replied("a", {"content": "x"}), "no list of messages"),
        (asked("a", "Q?", model=None), replied("a", {"content": "x"}), "names no model"),
        (asked("a", "Q?"), {"id": 1}, "no 'custom_id'"),
    ],
)
def test_openai_batch_that_does_not_fit(
    command: Command, tmp_path: Path, request_line: dict[str, Any], reply: dict[str, Any], said: str
) -> None:
    """Files that don't belong together, or ask something else, end in one line and exit 2."""
    requests, output = lines(tmp_path / "in.jsonl", [request_line]), lines(tmp_path / "out.jsonl", [reply])
    result = command("import", output, "--format", "openai-batch", "--input", requests, "--suite", "s")
    assert 2 == result.code
    assert said in result.line()
    assert [] == command("ls", "--json").json["runs"]


# --- any format -----------------------------------------------------------------------------------

HOSTILE = [b"", b"\xff\xfe\x00", b"null", b"[]", b"7", b"{", b'{"a": 1}', b"[1]", b"[" * 100_000, b"PK\x03\x04 no zip"]


@pytest.mark.parametrize("layout", ["alpaca-eval", "lm-eval", "inspect", "openai-batch"])
def test_hostile_files_are_one_line(command: Command, tmp_path: Path, layout: str) -> None:
    """Whatever a file holds: one line, exit 2, no run begun."""
    path = tmp_path / "f.json"
    more = ("--input", path) if layout == "openai-batch" else ()
    for content in HOSTILE:
        path.write_bytes(content)
        said = command("import", path, "--format", layout, "--suite", "s", *more)
        assert (2, True) == (said.code, "f.json" in said.line()), content[:10]
    assert [] == command("ls", "--json").json["runs"]


@pytest.mark.parametrize("layout", ["alpaca-eval", "lm-eval", "inspect", "blackbox", "openai-batch"])
def test_what_never_ends_is_not_read(
    command: Command, tmp_path: Path, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device, and a file larger than any memory: one line, before a byte is read."""
    monkeypatch.setattr(importing, "MAX_BYTES", 100)
    (tmp_path / "large.jsonl").write_bytes(b" " * 101)
    for path, said in (("/dev/null", "is a device"), ("large.jsonl", "is larger than")):
        more = ("--input", path) if layout == "openai-batch" else ()
        done = command("import", path, "--format", layout, "--suite", "s", "--model", "m", *more)
        assert (2, True) == (done.code, said in done.line())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--format", "openai-batch"), "--input"),
        (("--format", "inspect", "--input", "f"), "openai-batch"),
        (("--format", "inspect", "--prompt-field", "q"), "knows its own fields"),
        (("--format", "table"), "--prompt-field and --response-field"),
        (("--prompt-field", "q", "--response-field", "a", "--model", "m"), "--model-field"),
        (("--format", "inspect"), "nowhere"),
    ],
)
def test_options_that_do_not_fit(command: Command, words: tuple[str, ...], said: str) -> None:
    """Options of another format are named in one line."""
    result = command("import", "nowhere", "--suite", "s", *words)
    assert 2 == result.code
    assert said in result.line()
