"""The file that scripts the reference endpoint: what it says is done, and what is wrong in it is one clear line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.chat_client import Client

from blackbox import serve
from blackbox.cli import main
from blackbox.errors import BlackboxError
from blackbox.serve import FixedAnswers, RequestLog, When
from blackbox.workflow.serving import ServeRequest
from blackbox.workflow.serving_script import read_script

if TYPE_CHECKING:
    from pathlib import Path

FULL = """\
schema: blackbox.serve-script/1
seed: 7
reasoning: [thinker]
rules:
  - quirk: reroute-share
    value: 0.2:b
    models: [product]
  - {quirk: ignore-n}
  - fault: status
    value: 503
    requests: 2-3, 6, 9-
    share: 0.5
    after_s: 1
    until_s: 90
"""
SERVED = ("product", "thinker")


def _file(folder: Path, text: str) -> Path:
    path = folder / "script.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_script_is_read_whole(tmp_path: Path) -> None:
    """Names, values and conditions of every rule, in order."""
    script = read_script(_file(tmp_path, FULL), served=SERVED)
    assert (7, ("thinker",)) == (script.seed, script.reasoning)
    assert ["reroute-share=0.2:b", "ignore-n", "status=503"] == [rule.name for rule in script.rules]
    assert When(models=("product",)) == script.rules[0].when
    assert When(requests=((2, 3), (6, 6), (9, None)), share=0.5, after_s=1.0, until_s=90.0) == script.rules[2].when


def test_what_a_script_says_is_done(tmp_path: Path) -> None:
    """The second request of one model fails; the log file says so."""
    rules = "  - {fault: status, value: 502, requests: 2, models: a}\n  - {quirk: ignore-n, requests: 3-}\n"
    text = f"schema: blackbox.serve-script/1\nrules:\n{rules}"
    log = RequestLog(tmp_path / "log.jsonl")
    script = read_script(_file(tmp_path, text), served=("a", "b"))
    with serve.running({"a": FixedAnswers("x"), "b": FixedAnswers("x")}, script=script, log=log) as base_url:
        client = Client(base_url=base_url, log=log)
        assert [200, 502, 200] == [client.chat(n=2).status for _ in range(3)]
        assert [200, 200] == [client.chat(model="b").status for _ in range(2)]
        assert 1 == len(client.chat(n=2).body["choices"])
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text("ascii").splitlines()]
    assert [[], ["status=502"], ["ignore-n"], [], [], ["ignore-n"]] == [line["done"] for line in lines]
    assert [1, 2, 3, 1, 2, 4] == [line["number"] for line in lines]
    assert lines[0]["body_sha256"] == lines[1]["body_sha256"] != lines[3]["body_sha256"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("ignore-n", "ignore-m", "script.yaml:8: rules[1].quirk: unknown quirk 'ignore-m'; did you mean 'ignore-n'?"),
        ("value: 503", "value: 200", "script.yaml:10: rules[2].value: the fault status: '200' is not an HTTP error"),
        ("fault: status", "faults: status", "script.yaml:9: unknown field 'faults' in rules[2]; did you mean 'fault'?"),
        ("{quirk: ignore-n}", "{share: 0.5}", "script.yaml:8: rules[1]: a rule has one quirk or one fault; write"),
        ("{quirk: ignore-n}", "{quirk: clean, fault: hang}", "rules[1]: a rule has one quirk or one fault"),
        ("{quirk: ignore-n}", "{quirk: clean, value: 3}", "rules[1].value: the quirk clean takes no value; write just"),
        ("[product]", "[produkt]", "script.yaml:7: rules[0].models: no model is served as 'produkt'; did you mean"),
        ("[thinker]", "[other]", "script.yaml:3: reasoning: no model is served as 'other'"),
        ("2-3, 6, 9-", "3-2", "script.yaml:11: rules[2].requests: 3-2 ends before it begins; write 2-3"),
        ("2-3, 6, 9-", "0", "rules[2].requests: 0 are no request numbers; write e.g. requests: 10-20, 30, 50-"),
        ("2-3, 6, 9-", "[2, 3]", "rules[2].requests: a list are no request numbers"),
        ("share: 0.5", "share: 5", "script.yaml:12: rules[2].share: expected a number from 0 to 1, found 5"),
        ("until_s: 90", "until_s: 0.5", "script.yaml:14: rules[2].until_s: expected a number above 1"),
        ("value: 503", "value: true", "rules[2].value: expected text or a number, found True"),
        ("seed: 7", "seed: -1", "script.yaml:2: seed: expected a whole number from 0"),
        ("serve-script/1", "serve-script/2", "script.yaml:1: schema: 'blackbox.serve-script/2' is not one of"),
        ("rules:", "rule:", "unknown field 'rule'; did you mean 'rules'?"),
    ],
)
def test_a_wrong_script_is_one_clear_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    """File, line, field, what is wrong, what to write."""
    assert old in FULL
    with pytest.raises(BlackboxError) as caught:
        read_script(_file(tmp_path, FULL.replace(old, new, 1)), served=SERVED)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "- 1", "rules: [", "schema: !!python/object:os.system x", "\x00", "a: &b 1"])
def test_what_is_no_script_is_one_clear_line(tmp_path: Path, text: str) -> None:
    """Nothing crashes, nothing is constructed."""
    with pytest.raises(BlackboxError) as caught:
        read_script(_file(tmp_path, text), served=SERVED)
    assert "script.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--quirk", "ignore-m"], "unknown quirk 'ignore-m'; did you mean 'ignore-n'?"),
        (["--model", "=a"], "--model '=a' is not NAME=MEMBER"),
        (["--model", "x=a", "--model", "x=b"], "--model 'x' is given twice"),
        (["--model", "x=nowhere"], "no model 'nowhere'"),
        (["--model", "x=a", "--reasoning", "y"], "no model is served as 'y'; there are: x"),
        (["--script", "missing.yaml"], "missing.yaml: no such file or directory"),
        (["--log", "no/such/folder/log"], "--log no/such/folder/log: no such file or directory"),
    ],
)
def test_a_wrong_command_is_one_clear_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Exit 2, before anything is served."""
    monkeypatch.chdir(tmp_path)
    assert 2 == main(["serve", *arguments])
    captured = capsys.readouterr()
    assert "" == captured.out
    assert said in captured.err
    assert 1 == captured.err.count("\n")


def test_quirks_and_faults_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Every name, as text and as JSON."""
    assert 0 == main(["serve", "--list"])
    text = capsys.readouterr().out
    assert 0 == main(["serve", "--list", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert "blackbox.serve-catalogue/1" == document["schema"]
    assert [*serve.QUIRKS] == [each["name"] for each in document["quirks"]]
    assert [*serve.FAULTS] == [each["name"] for each in document["faults"]]
    assert all(name in text for name in (*serve.QUIRKS, *serve.FAULTS))


@pytest.mark.parametrize(
    ("host", "warned"), [("127.0.0.1", False), ("::1", False), ("localhost", False), ("0.0.0.0", True)]  # noqa: S104
)  # fmt: skip
def test_whoever_leaves_loopback_is_warned(host: str, *, warned: bool) -> None:
    """Other addresses are served only with a word about it."""
    assert warned == bool(ServeRequest(host=host).warnings)
