"""What commands print for people: readable at 80 columns, plain when piped, the golden text of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len

from blackbox.cli import layout
from blackbox.workflow.doctor import Examined
from blackbox.workflow.drifting import DriftReport
from tests.support import printed
from tests.support.schemas import checked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.commands import Command

CONFIG = """\
endpoints:
  qwen-official: {preset: dashscope, model: qwen2.5-14b-instruct}
  qwen-reseller: {preset: openrouter, model: qwen/qwen-2.5-14b-instruct, routing: {order: [together]},
                  prices: {input_per_mtok: 0.5, output_per_mtok: 1.5}, rpm: 60}
  local-with-a-long-name: {kind: openai-chat, base_url: 'http://127.0.0.1:1/v1', model: m}
"""
PATCHED: dict[str, tuple[list[str], str, Callable[[], Any]]] = {
    "ls": (["ls"], "blackbox.workflow.listing.list_runs", printed.runs),
    "show": (["show", "a", "b"], "blackbox.workflow.listing.show_runs", printed.shown),
    "identify": (["identify", "a", "--library", "b"], "blackbox.workflow.identifying.identify", printed.identification),
    "weights": (["weights", "a", "b"], "blackbox.workflow.weights.compare_weights", printed.weights),
}
"""Commands whose document comes from elsewhere here: words, what makes it, and the document."""
REAL = {
    "plan": ["plan", "-s", "identity", "-s", "tokenizer"],
    "ask": ["ask"],
    "suites-ls": ["suites", "ls"],
    "suites-show": ["suites", "show", "identity"],
    "schema": ["schema"],
}
"""Commands that say the same wherever they run."""


@pytest.fixture(autouse=True)
def _eighty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "blackbox.yaml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.setenv("OPENROUTER_API_KEY", "secret-value")


def fits(text: str) -> list[str]:
    """Return the lines that are too wide and hold something else than what is there to be copied."""
    copied = ("  blackbox ", "    then:  blackbox ")
    return [line for line in text.splitlines() if cell_len(line) > 80 and not line.startswith(copied)]


@pytest.mark.parametrize("name", PATCHED)
def test_the_text_of_a_document_is_the_golden_one(
    name: str, command: Command, monkeypatch: pytest.MonkeyPatch, golden: Callable[[str, str], None]
) -> None:
    """Every line as last looked at, 80 columns at most, no control byte."""
    words, maker, document = PATCHED[name]
    monkeypatch.setattr(maker, lambda *_, **__: checked(document()))

    said = command(*words)

    assert (said.code, fits(said.out)) == (0, [])
    assert [c for c in said.out if not c.isprintable() and c != "\n"] == []
    golden(f"command-{name}.txt", said.out)


@pytest.mark.parametrize("name", PATCHED)
def test_the_json_of_a_document_is_the_golden_one(
    name: str, command: Command, monkeypatch: pytest.MonkeyPatch, golden: Callable[[str, str], None]
) -> None:
    """One strict document in ASCII, every field as last looked at, and nothing for people beside it."""
    words, maker, document = PATCHED[name]
    monkeypatch.setattr(maker, lambda *_, **__: checked(document()))

    said = command(*words, "--json")

    assert (said.code, said.err, said.out.isascii()) == (0, "", True)
    golden(f"command-{name}.json", said.out)


@pytest.mark.parametrize("name", REAL)
def test_the_text_of_a_command_is_the_golden_one(
    name: str, command: Command, golden: Callable[[str, str], None]
) -> None:
    """Every line as last looked at, 80 columns at most, and no key among them."""
    said = command(*REAL[name])

    assert (said.code, fits(said.out)) == (0, [])
    assert "secret-value" not in said.out + said.err
    golden(f"command-{name}.txt", said.out)


def test_doctor_is_readable(
    command: Command, monkeypatch: pytest.MonkeyPatch, golden: Callable[[str, str], None]
) -> None:
    """A table of findings, then what each means for each question."""
    examined = Examined(
        endpoint="local-with-a-long-name",
        state="finished",
        reason=None,
        n_sent=164,
        cost=None,
        document={"findings": printed.findings()},
    )
    monkeypatch.setattr("blackbox.cli.doctor._examined", lambda _: [examined])
    said = command("doctor", "local-with-a-long-name")

    assert (said.code, fits(said.out)) == (0, [])
    golden("command-doctor.txt", said.out)


def test_drift_is_readable(
    command: Command, monkeypatch: pytest.MonkeyPatch, golden: Callable[[str, str], None], tmp_path: Path
) -> None:
    """The verdict first, then the history."""
    report = DriftReport(document=checked(printed.drift()), path=tmp_path)
    monkeypatch.setattr("blackbox.workflow.drifting.drift_runs", lambda *_: report)
    said = command("drift", "a", "b")

    assert (said.code, fits(said.out)) == (0, [])
    golden("command-drift.txt", said.out)
    golden("command-drift.json", command("drift", "a", "b", "--json").out)


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("NO_COLOR", "1"), ("CI", "true"), ("FORCE_COLOR", "1")])
def test_a_pipe_gets_plain_text_whatever_is_set(
    command: Command, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """The environment adds no colour code to what is read by another program."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    plain = command("suites", "show", "identity").out
    monkeypatch.setenv(name, value)

    assert command("suites", "show", "identity").out == plain
    assert "\x1b" not in plain


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_tables_fit_or_become_records(width: int) -> None:
    """Nothing is lost at any width; only what has no space to break at may stand out."""
    rows = [
        {"id": "x" * 30, "seen": "many words that can be wrapped anywhere between them", "n": 7},
        {"id": "中文" * 8, "seen": "中文" * 20, "n": None},
    ]
    text = layout.fitted(rows, {"id": "ID", "seen": "SEEN", "n": "N"}, width=width)

    assert [line for line in text.splitlines() if cell_len(line) > width] == []
    for row in rows:
        flat = "".join(text.split())
        assert "".join(str(row["id"]).split()) in flat or width < 60
    for word in ("many", "anywhere", "them", "7"):
        assert word in text


def test_sentences_hang_below_their_label() -> None:
    """Further lines stand below the first; a word that is too long is not broken."""
    assert layout.hanging("- ", "aa bb " * 10, width=40).splitlines()[1].startswith("  bb aa")
    assert layout.hanging("", f"see {'x' * 60}", width=40) == f"see\n{'x' * 60}"
    assert layout.hanging("", "", width=40) == ""


@pytest.mark.parametrize("sign", ["\u4e2d", "\u4e2d ", "\u0301"])
def test_a_long_text_is_wrapped_in_linear_time(sign: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each character is measured as often as fits on a line at most: an endless answer hangs no terminal."""
    measure, n_measured = layout.text_width, [0]

    def counted(text: str) -> int:
        n_measured[0] += len(text)
        return measure(text)

    monkeypatch.setattr(layout, "text_width", counted)
    text = sign * 20_000
    lines = layout.hanging("", text, width=40).splitlines()
    assert text.replace(" ", "") == "".join(lines).replace(" ", "").replace("\u27e8U+0301\u27e9", "\u0301")
    assert n_measured[0] < 40 * len(text)
