"""The command itself: light to start, one line an error, honest streams."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pytest

from blackbox import cli
from blackbox.cli import output, progress
from blackbox.core import Progress
from blackbox.errors import EvidenceDamaged, Incomplete

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Command

HEAVY = ("numpy", "scipy", "openai", "httpx2", "torch", "datasets", "pyarrow", "sklearn", "yaml", "rich")
COMMANDS = (
    *("init", "version", "plan", "run", "import", "compare", "report", "ls", "show", "verify", "demo", "serve"),
    *("suites ls", "suites show", "suites lint", "suites lock", "drift", "watch"),
    *("doctor", "calibrate", "identify", "diff", "weights", "suites new", "suites from-dataset", "suites secret"),
    *("suites near-ties", "suites select", "ask", "schema", "export", "redact"),
)


def started(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command in a process of its own."""
    return subprocess.run([sys.executable, "-m", "blackbox", *words], capture_output=True, text=True, check=False)


def imported_by(code: str) -> set[str]:
    """Return which heavy packages a fresh process has imported after running `code`."""
    report = f"import sys\n{code}\nprint(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["compare", "--help"], ["--version"]])
def test_help_is_light(words: list[str]) -> None:
    """Help and version import nothing heavy."""
    assert set() == imported_by(f"from blackbox.cli import main\nmain({words!r})")


def test_light_means_seen() -> None:
    """The check above would notice a heavy import."""
    assert {"numpy"} <= imported_by("import numpy")


def test_public_names_cost_what_they_use() -> None:
    """Importing the package loads nothing; a name loads its own home."""
    assert set() == imported_by("import blackbox, blackbox.errors\nblackbox.Suite")


def test_module_and_version() -> None:
    """`python -m blackbox --version` prints the version and exits 0."""
    done = started("--version")
    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.strip()


def test_version_document(command: Command) -> None:
    """`version --json` has a schema and the versions results depend on."""
    document = command("version", "--json").json
    assert "blackbox.version/1" == document["schema"]
    assert {"python", "openai", "httpx2"} <= set(document["packages"])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_results_and_json(command: Command, name: str) -> None:
    """Every command takes --results and --json (DESIGN §7) and says what it does."""
    said = command(*name.split(), "--help")
    assert 0 == said.code
    assert "--results DIR" in said.out
    assert "--json" in said.out


def test_only_built_commands_are_listed(command: Command) -> None:
    """The command list is the one that is tested above."""
    names = {line.split()[0] for line in command("--help").out.split("Commands:")[1].splitlines() if line.strip()}
    assert {name.split()[0] for name in COMMANDS} == names


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["frobnicate"], "frobnicate"),
        (["ls", "--nope"], "--nope"),
        (["compare"], "compare --help"),
        (["import", "x.csv"], "import --help"),
        (["run", "--max-requests", "none"], "--max-requests"),
        (["run", "--max-requests", "0"], "--max-requests"),
        (["suites", "show", "one-tokn"], "did you mean 'one-token'?"),
        (["run", "-c", "nowhere.yaml"], "nowhere.yaml"),
        (["run"], "blackbox init"),
        (["plan"], "blackbox init"),
    ],
)
def test_misuse_is_one_line_and_exit_2(command: Command, words: list[str], said: str) -> None:
    """Wrong words end in one line that says where to look."""
    result = command(*words)
    assert 2 == result.code
    assert said in result.line()
    assert "" == result.out


@pytest.mark.parametrize("words", [[], ["suites"]])
def test_a_group_without_a_command_shows_its_help(command: Command, words: list[str]) -> None:
    """The page of --help as it is, on stderr, and exit 2: nothing was done."""
    result = command(*words)
    assert (2, "", command(*words, "--help").out) == (result.code, result.out, result.err)


@pytest.mark.parametrize(
    ("error", "code"), [(Incomplete("stopped"), 4), (EvidenceDamaged("forged"), 5), (KeyboardInterrupt(), 130)]
)
def test_errors_end_in_their_exit_code(
    command: Command, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    """What a journey raises becomes one line and the exit code of DESIGN §7."""

    def fails(_: object) -> object:
        raise error

    monkeypatch.setattr("blackbox.workflow.listing.list_runs", fails)
    result = command("ls")
    assert code == result.code
    assert str(error) in result.line()


def test_programming_errors_are_not_hidden(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only errors of ours become a line; a bug stays a traceback."""

    def fails(_: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr("blackbox.workflow.listing.list_runs", fails)
    with pytest.raises(ZeroDivisionError):
        command("ls")


def test_error_lines_cannot_move_the_cursor(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names from outside are printable in an error."""

    def fails(_: object) -> object:
        raise EvidenceDamaged("run \x1b[2J\nforged")

    monkeypatch.setattr("blackbox.workflow.listing.list_runs", fails)
    assert "\x1b" not in command("ls").line()


def test_closed_pipe_is_no_error(tmp_path: Path) -> None:
    """`blackbox suites ls | head -0` ends quietly."""
    code = f"{sys.executable} -m blackbox suites ls --json | true"
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize(
    ("redirected", "code", "said"),
    [
        (">/dev/full", 2, "blackbox: standard output: no space left on device\n"),
        (">&-", 0, ""),
        (">/dev/null 2>/dev/full", 0, ""),
        (">/dev/null 2>&-", 0, ""),
    ],
)
def test_streams_that_take_nothing(redirected: str, code: int, said: str) -> None:
    """A full disk is one line and no verdict's exit code; closed streams and lost remarks stop nothing."""
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m blackbox suites lint tool-call --json {redirected}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (code, said) == (done.returncode, "".join(re.findall("^blackbox: .*\n", done.stderr)))


def test_ascii_terminals_get_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an encoding can't show is written as an escape, not a crash."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    output.say("中")
    assert b"\\u4e2d\n" == raw.getvalue()


def test_table_aligns_wide_characters() -> None:
    """Chinese characters take two columns."""
    lines = output.table([{"a": "中文", "b": 1}, {"a": "abcd", "b": None}], {"a": "A", "b": "B"}).splitlines()
    assert ["A     B", "中文  1", "abcd"] == lines


@pytest.mark.parametrize(
    ("environ", "terminal", "color"),
    [
        ({"TERM": "xterm"}, True, True),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "xterm", "CI": "true"}, False, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, False),
    ],
)
def test_terminals(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], *, terminal: bool, color: bool) -> None:
    """TERM=dumb and CI turn live drawing off, NO_COLOR colour."""
    for name in ("TERM", "CI", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True)
    assert (terminal, color) == (output.is_terminal(stream), output.has_color(stream))


def event(done: int, **changed: object) -> Progress:
    """Return a progress event of a lane of 100."""
    counts = {"ok": done, "refused": 1, "retried": 0, "failed": 2}
    settings = {"counts": counts, "cost": 0.5, "eta_s": 61.0, **changed}
    return Progress(stage="collect", subject="shop", done=done, total=100, **settings)  # type: ignore[arg-type]


def test_summary_names_counts_spend_and_time_left() -> None:
    """Progress says done, ok, refused, failed, spend and time left; what is zero is left out."""
    assert "7 ok, 1 refused, 2 failed, spent 0.5000, 1:01 left" == progress.summary(event(7))
    assert "left" not in progress.summary(event(100))


def test_quiet_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal there is a line at the start, at each quarter and at the end, and nothing on stdout."""
    with progress.shown() as show:
        for done in range(101):
            show(event(done))
    captured = capsys.readouterr()
    assert ["0/100", "25/100", "50/100", "75/100", "100/100"] == [
        line.split()[2].rstrip(",") for line in captured.err.splitlines()
    ]
    assert "" == captured.out


def test_quiet_lines_of_other_work_are_few(capsys: pytest.CaptureFixture[str]) -> None:
    """Work that asks nobody is said at its start and every ten seconds, however many parts it has."""
    now = iter(range(100))
    lines = progress._Lines(lambda: float(next(now)))
    for part in range(25):
        lines.show(Progress(stage="features", subject=f"part {part}", done=part, total=25))
    assert ["part 0", "part 10", "part 20"] == [
        line.split(":")[0].removeprefix("features ") for line in capsys.readouterr().err.splitlines()
    ]


def test_work_that_asks_nobody_says_how_long_it_still_takes(capsys: pytest.CaptureFixture[str]) -> None:
    """At the pace since its first part, and nothing while it is quick; a new subject starts anew."""
    now = iter([0.0, 20.0, 60.0, 80.0])
    lines = progress._Lines(lambda: next(now))
    for subject, done in (("one and two", 1), ("one and two", 3), ("one and two", 5), ("one and three", 1)):
        lines.show(Progress(stage="test", subject=subject, done=done, total=9))
    assert capsys.readouterr().err.splitlines() == [
        "test one and two: 3/9, 1:00 left",
        "test one and two: 5/9, 1:00 left",
        "test one and three: 1/9",
    ]


def test_one_bar_for_other_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred features are one moving bar, not a hundred bars."""
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(sys, "stderr", screen)
    with progress.shown() as show:
        for part in range(100):
            show(Progress(stage="features", subject=f"part {part}", done=part, total=100))
    last = screen.getvalue().rsplit("\x1b[2K", 1)[-1]
    assert "99/100" in last
    assert 1 == last.count("features part")


def test_live_bars_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the counts are drawn live, and messages stand above them."""
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(sys, "stderr", screen)
    with progress.shown() as show:
        show(event(7))
        show(event(9, message="waits 3 s"))
    assert "9/100" in screen.getvalue()
    assert "shop: waits 3 s" in screen.getvalue()


RESIZED = """
import os
import sys
from blackbox.cli import progress
from blackbox.core import Progress
def event(done):
    return Progress(stage="collect", subject="a-reseller-with-a-long-name", done=done, total=100, counts={"ok": done})
with progress.shown() as show:
    show(event(1))
    os.write(1, b"begun\\n")
    sys.stdin.readline()
    show(event(50))
"""


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminal can be made on this system")
def test_progress_survives_resizing() -> None:
    """A terminal made half as wide while bars are drawn gets lines of its new width, with what is done in them."""
    import termios

    screen, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (24, 100))
    environ = {name: value for name, value in os.environ.items() if name not in {"CI", "COLUMNS", "LINES"}}
    with subprocess.Popen(
        [sys.executable, "-c", RESIZED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=terminal,
        env=environ | {"TERM": "xterm"},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        termios.tcsetwinsize(terminal, (24, 50))
        process.communicate(b"\n", timeout=60)
    os.close(terminal)
    drawn = _read(screen).rsplit("\x1b[2K", 1)[-1]
    line = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", drawn).strip()

    assert "50/100" in line
    assert len(line) <= 50


def _read(screen: int) -> str:
    """Return all that was written to a terminal, and close it."""
    parts = []
    with contextlib.suppress(OSError):  # what a terminal says at its end
        while part := os.read(screen, 65_536):
            parts.append(part)
    os.close(screen)
    return b"".join(parts).decode()


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120])
def test_progress_fits_whatever_the_width(width: int) -> None:
    """The name and what is done are always there; the bar and the counts as room allows."""
    for name in ("collect a", "collect beta-reseller-with-a-long-name small"):
        texts = (name.ljust(45), " 44/240", "44 ok, 1 refused, spent 0.0006, 1:19 left")
        line = progress.progress_line(texts, 44 / 240, width)

        assert len(line) <= width
        assert name[:10].rstrip() in line
        assert "44/240" in line
        assert ("━" in line) == (width >= 70)
        assert ("left" in line) or width < 120


def test_init_then_plan_then_schema(command: Command, tmp_path: Path) -> None:
    """`init` writes a file that `plan` reads, and the schema it refers to."""
    assert "blackbox.init/1" == command("init", "--json").json["schema"]
    assert "blackbox.yaml" == json.loads((tmp_path / "blackbox.schema.json").read_text())["title"]
    again = command("init")
    assert 2 == again.code
    assert "exists already" in again.line()


def test_init_into_a_folder_that_cannot_be_written(command: Command) -> None:
    """A folder that isn't there ends in one line."""
    result = command("init", "nowhere")
    assert 2 == result.code
    assert "nowhere" in result.line()


def test_suites_commands(command: Command, small_suite: Path) -> None:
    """Shipped suites are listed and shown; a file of one's own is linted and locked."""
    names = [row["name"] for row in command("suites", "ls", "--json").json["suites"]]
    assert {"one-token", "open-ended", "tokenizer", "reasoned-choice"} <= set(names)
    assert "one-token" in command("suites", "ls").out
    shown = command("suites", "show", "one-token", "--json").json
    assert (40, 600) == (shown["n_probes"], shown["n_calls"])
    assert shown["detects"]
    assert "one-token.short" == shown["short"]["name"]
    assert "colour-en" in command("suites", "show", "one-token").out
    assert 0 == command("suites", "lint", "one-token").code
    linted = command("suites", "lint", small_suite)
    assert 2 == linted.code
    assert "licence" in linted.out
    text = small_suite.read_text(encoding="utf-8")
    assert not command("suites", "lock", small_suite, "--json").json["changed"]
    small_suite.write_text(text.replace("random fruit", "random fish"), encoding="utf-8")
    assert "digest" in command("suites", "show", small_suite).line()
    assert 0 == command("suites", "lock", small_suite).code
    assert 0 == command("suites", "show", small_suite).code


def test_main_is_the_installed_command() -> None:
    """The installed `blackbox` is the function that these tests call."""
    (command,) = entry_points(group="console_scripts", name="blackbox")
    assert "blackbox.cli:main" == command.value
    assert cli.main is command.load()


def test_the_same_trouble_is_said_once_while_it_lasts() -> None:
    """A server that is down gives one line an endpoint, not one an attempt; another trouble is said."""
    messages = progress._Messages()
    told = [
        messages.new(Progress(stage="collect", subject=subject, done=0, total=9, message=text))
        for subject, text in (
            ("x", "connection refused; trying again in 1 s"),
            ("x", "connection refused; trying again in 2 s"),
            ("y", "connection refused; trying again in 1 s"),
            ("x", "timed out; trying again in 1 s"),
            ("x", None),
        )
    ]

    assert [text is not None for text in told] == [True, False, True, True, False]
