"""Every kind of bad suite file is one line: file, line, what is wrong, what to write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from blackbox.errors import SuiteError
from blackbox.suites import from_document, load, locked, parse
from blackbox.suites.source import MAX_BYTES

if TYPE_CHECKING:
    from pathlib import Path

GOOD = locked(
    """\
schema: blackbox.suite/1
name: mine
version: 1
title: A suite
licence: MIT
questions: [same]
system: You are a helpful assistant.
decoding: {temperature: 1, top_p: 1}
decision: {alpha: 0.01}
defaults: {family: greeting, language: en, form: open, repeats: 2, max_output_tokens: 10}
probes:
  - id: first
    prompt: Say hello.
  - id: second
    prompt: Say goodbye.
"""
)

RICH = locked(
    """\
schema: blackbox.suite/1
name: rich
version: 1
title: A suite with everything
detects: Differences
licence: MIT
questions: [same]
system: You are a helpful assistant.
decoding: {temperature: 0}
defaults: {family: f, language: en, form: closed, repeats: 2, max_output_tokens: 10}
short: {repeats: 1, probes: [pick]}
provenance: {kind: dataset}
probes:
  - id: pick
    parser: choice
    key: B
    prompt: Answer with one letter only.
  - id: batch
    parser: numbers
    facts: [{id: peak, value: 3776, tolerance: 10, source: a map}]
    prompt: How high is it? Digits only.
  - id: call
    parser: tool
    tools: [{type: function, function: {name: weather}}]
    prompt: Will it rain?
"""
)

# edits of the rich file: what, into what, line, what is wrong, what to write
RICH_EDITS = {
    "short without repeats": (
        "{repeats: 1, probes: [pick]}", "{probes: [pick]}", 12, "'repeats' is missing",
        "write repeats"
    ),
    "short of nothing": ("[pick]}", "[]}", 12, "expected a list of probe ids, found an empty list", "'- …'"),
    "short names an unknown probe": ("[pick]}", "[pock]}", 12, "there is no probe 'pock'", "the id of a probe"),
    "short names a probe twice": ("[pick]}", "[pick, pick]}", 12, "'pick' is named twice", "each probe once"),
    "short repeats zero": ("{repeats: 1, p", "{repeats: 0, p", 12, "from 1 to 1000, found 0", "repeats: 1"),
    "unknown field of short": ("{repeats: 1, p", "{repeat: 1, p", 12, "'repeat' in short", "did you mean 'repeats'?"),
    "detects is a list": ("detects: Differences", "detects: [a]", 6, "expected text, found a list", "in quotes"),
    "provenance without kind": ("{kind: dataset}", "{of: dataset}", 13, "expected a mapping with a kind", "write kind"),
    "provenance is text": ("{kind: dataset}", "a log", 13, "expected a mapping with a kind", "write kind"),
    "key is no letter": ("key: B", "key: Tuesday", 17, "'Tuesday' is not a letter from A to H", "write e.g. key: A"),
    "key is a number": ("key: B", "key: 2", 17, "2 is not a letter from A to H", "e.g. key: A"),
    "key is empty": ("key: B", 'key: ""', 17, "is not a letter", "write e.g. key: A"),
    "facts are missing": (
        "    facts: [{id: peak, value: 3776, tolerance: 10, source: a map}]\n", "", 19, "needs facts",
        "facts"
    ),
    "a fact without source": (", source: a map", "", 21, "'source' is missing", "write source"),
    "a fact without tolerance": (", tolerance: 10", "", 21, "'tolerance' is missing", "write tolerance"),
    "a negative tolerance": ("tolerance: 10", "tolerance: -1", 21, "from 0 to 1e+300, found -1", "tolerance: "),
    "a fact that is text": ("value: 3776", "value: high", 21, "expected a number", "value: "),
    "two facts of one id": (
        "a map}]", "a map}, {id: peak, value: 1, tolerance: 0, source: s}]", 21, "'peak' is used twice",
        "another"
    ),
    "facts without their parser": (
        "parser: numbers", "parser: text", 21, "read by the parser 'numbers' alone",
        "parser: numbers"
    ),
    "tools are missing": ("    tools: [{type: function, function: {name: weather}}]\n", "", 23, "needs tools", "tools"),
    "a tool without name": ("{name: weather}", "{description: w}", 25, "'name' is missing", "write name"),
    "a tool of another type": ("{type: function, f", "{type: web, f", 25, "'web' is not one of function", "function"),
}  # fmt: skip

# what is edited, what it becomes, the line named, what is wrong, what to write
EDITS = {
    "unknown field": ("title:", "titel:", 5, "unknown field 'titel'", "did you mean 'title'?"),
    "unknown field, nothing near": ("title:", "xyz:", 5, "unknown field 'xyz'", "known: schema, name"),
    "unknown field of a probe": (
        "prompt: Say hello.",
        "promt: x",
        14,
        "'promt' in probes[0]",
        "did you mean 'prompt'?",
    ),
    "unknown field of decoding": ("top_p: 1", "topp: 1", 9, "'topp' in decoding", "did you mean 'top_p'?"),
    "token limit inside decoding": ("top_p: 1", "max_output_tokens: 1", 9, "not a field of decoding", "in defaults"),
    "duplicate key": ("version: 1", "version: 1\nversion: 1", 5, "'version' appears twice (first on line 4)", "once"),
    "duplicate key of a probe": ("    prompt: Say g", "    id: x\n    prompt: Say g", 16, "'id' appears twice", "once"),
    "duplicate id": ("id: second", "id: first", 15, "'first' is used twice (first on line 13)", "write another id"),
    "bad id": ("id: second", "id: Second One", 15, "'Second One' is not a valid name", "e.g. second-one"),
    "id with a path": ("id: second", "id: ../second", 15, "'../second' is not a valid name", "e.g. second"),
    "bad suite name": ("name: mine", "name: 我的", 2, "'我的' is not a valid name", "e.g. my-name"),
    "alias": ("Say hello.", "*x", 14, "alias *x is not allowed", "write the value out"),
    "anchor": ("Say hello.", "&x hello", 14, "anchor &x is not allowed", "write the value out"),
    "tag": ("Say hello.", "!!python/name:os.system x", 14, "python/name:os.system", "without a tag"),
    "local tag": ("Say hello.", "!env HOME", 14, "tag '!env' is not allowed", "without a tag"),
    "tab": ("    prompt: Say hello.", "\tprompt: Say hello.", 14, "a tab stands", "write spaces"),
    "tab after the colon": ("id: second", "id:\tsecond", 15, "a tab stands", "write spaces"),
    "number as text": ("Say hello.", "12", 14, "probes[0].prompt: expected text, found 12", 'prompt: "…"'),
    "truth value as text": ("Say hello.", "true", 14, "expected text, found True", 'prompt: "…"'),
    "list as text": ("Say hello.", "[a, b]", 14, "expected text, found a list", 'prompt: "…"'),
    "mapping as text": ("Say hello.", "{a: b}", 14, "expected text, found a mapping", 'prompt: "…"'),
    "nothing as text": ("Say hello.", "", 14, "expected text, found nothing", 'prompt: "…"'),
    "word as number": ("repeats: 2", "repeats: two", 11, "whole number from 1 to 1000, found 'two'", "repeats: 1"),
    "truth value as number": (
        "repeats: 2",
        "repeats: true",
        11,
        "whole number from 1 to 1000, found True",
        "repeats: 1",
    ),
    "fraction as count": ("repeats: 2", "repeats: 2.5", 11, "whole number from 1 to 1000, found 2.5", "repeats: 1"),
    "zero repeats": ("repeats: 2", "repeats: 0", 11, "found 0", "repeats: 1"),
    "version zero": ("version: 1", "version: 0", 4, "from 1 to 9999, found 0", "version: 1"),
    "temperature too high": ("temperature: 1", "temperature: 2.1", 9, "from 0 to 2, found 2.1", "temperature: 2"),
    "top_p zero": ("top_p: 1", "top_p: 0", 9, "above 0 up to 1, found 0", "top_p: 1"),
    "alpha too high": ("alpha: 0.01", "alpha: 0.6", 10, "above 0 up to 0.5, found 0.6", "alpha: 0.5"),
    "infinite number": ("alpha: 0.01", "alpha: 1e999", 10, "'1e999' is too large", "write a finite number"),
    "misspelt form": ("form: open", "form: opne", 11, "'opne' is not one of closed, open", "did you mean 'open'?"),
    "auto form in a file": ("form: open", "form: auto", 11, "'auto' is not one of closed, open", "write e.g. closed"),
    "unknown question": ("[same]", "[equal]", 7, "'equal' is not one of same, related", "write e.g. same"),
    "unknown parser": (
        "form: open",
        "form: open, parser: wrod",
        11,
        "'wrod' is not one of text",
        "did you mean 'word'?",
    ),
    "questions not a list": ("[same]", "same", 7, "expected a list of questions, found 'same'", "'- …'"),
    "no questions": ("[same]", "[]", 7, "expected a list of questions, found an empty list", "'- …'"),
    "bad language": ("language: en", "language: English", 11, "'English' is not a language tag", "e.g. en, zh"),
    "wrong schema": (
        "suite/1",
        "suite/2",
        1,
        "'blackbox.suite/2' is not one of blackbox.suite/1",
        "blackbox.suite/1'?",
    ),
    "mapping as list": (
        "decoding: {temperature: 1, top_p: 1}",
        "decoding: [1]",
        9,
        "expected a mapping, found a list",
        "",
    ),
    "missing field": ("name: mine\n", "", 1, "the field 'name' is missing", "write name: …"),
    "missing shared field": (", repeats: 2", "", 13, "probes[0]: the field 'repeats' is missing", "or in defaults"),
    "missing id": (
        "  - id: second\n    prompt",
        "  - prompt",
        15,
        "probes[1]: the field 'id' is missing",
        "write id: …",
    ),
    "no prompt": ("    prompt: Say hello.\n", "", 13, "neither 'prompt' nor 'messages' is given", "write one of them"),
    "prompt and messages": (
        "Say hello.",
        "a\n    messages: []",
        13,
        "both 'prompt' and 'messages'",
        "write one of them",
    ),
    "unclosed quote": ("Say hello.", '"Say hello.', 17, "not valid YAML", "quotes and indentation"),
    "colon in plain text": ("Say hello.", "Say: hello.", 14, "mapping values are not allowed here", "in double quotes"),
    "control character": (
        "Say hello.",
        "Say \x07.",
        14,
        "U+0007 cannot stand in this file",
        "write it as an escape",
    ),
    "raw lone surrogate": ("Say hello.", "Say \ud800.", 14, "U+D800 cannot stand in this file", "as an escape"),
    "second document": ("probes:\n", "...\n---\nprobes:\n", 13, "a second document starts here", "one document a file"),
    "key that is a list": ("title: A suite", "? [a]\n: b", 5, "a field name must be plain text", "write name: value"),
}


def message(text: str) -> str:
    """Return the one line that reading `text` fails with."""
    with pytest.raises(SuiteError) as caught:
        parse(text, source="mine.yaml")
    return str(caught.value)


def test_the_unedited_file_is_read() -> None:
    """The file that all bad files are edits of is itself good."""
    assert parse(GOOD, source="mine.yaml").name == "mine"


@pytest.mark.parametrize("kind", EDITS)
def test_a_bad_file_is_one_line_with_file_line_fault_and_remedy(kind: str) -> None:
    """Each fault names the file, the right line, what is wrong and what to write, in one printable line."""
    old, new, line, wrong, write = EDITS[kind]
    assert GOOD.count(old) == 1
    found = message(GOOD.replace(old, new))
    assert found.startswith(f"mine.yaml:{line}: ")
    assert wrong in found
    assert write in found
    assert found.isprintable()


@pytest.mark.parametrize("kind", RICH_EDITS)
def test_a_bad_extra_is_one_line_with_file_line_fault_and_remedy(kind: str) -> None:
    """Keys, facts, tools, short forms and origins: each fault is one line too."""
    old, new, line, wrong, write = RICH_EDITS[kind]
    assert RICH.count(old) == 1
    found = message(RICH.replace(old, new))
    assert found.startswith(f"mine.yaml:{line}: ")
    assert wrong in found
    assert write in found
    assert found.isprintable()


def test_the_rich_file_is_read() -> None:
    """Everything that may be stated, is."""
    suite = parse(RICH, source="mine.yaml")
    assert suite.short is not None
    assert (suite.short.repeats, suite.short.probe_ids, suite.detects) == (1, ("pick",), "Differences")
    pick, batch, call = suite.probes
    assert (pick.key, batch.facts[0].value, call.tools[0]["function"]["name"]) == ("B", 3776.0, "weather")


def test_a_wrong_digest_names_the_right_one_and_the_command() -> None:
    """After an edit the message holds the digest that belongs there, and writing it repairs the file."""
    edited = GOOD.replace("Say hello.", "Say hello!")
    found = message(edited)
    right = found.split('write digest: "')[1][:64]
    assert found.startswith("mine.yaml:3: digest: ")
    assert found.endswith("or run: blackbox suites lock mine.yaml")
    lines = edited.splitlines(keepends=True)
    assert parse("".join([*lines[:2], f'digest: "{right}"\n', *lines[3:]]), source="mine.yaml").digest == right


def test_a_missing_digest_names_the_right_one() -> None:
    """A file without its digest is refused, and told which to write."""
    lines = GOOD.splitlines(keepends=True)
    found = message("".join(lines[:2] + lines[3:]))
    assert "the field 'digest' is missing" in found
    assert lines[2].strip() in found


@pytest.mark.parametrize("digest", ["null", "12", "[a]", '"abc"'])
def test_a_digest_of_another_type_is_a_wrong_digest(digest: str) -> None:
    """Whatever stands there instead of the digest, the remedy is the same."""
    line = GOOD.splitlines()[2]
    assert "is not the digest of this content; write digest" in message(GOOD.replace(line, f"digest: {digest}"))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "mine.yaml:1: the file is empty"),
        ("# nothing\n", "mine.yaml:1: the file is empty"),
        ("- a\n", "mine.yaml:1: expected a mapping of fields, found a list"),
        ("just text", "mine.yaml:1: expected a mapping of fields, found 'just text'"),
        ("a: " + "[" * 40, "mine.yaml:1: nested deeper than 32 levels"),
        ("{'a': 1}", "mine.yaml:1: not valid JSON"),
        ('{"a":\n 1,}', "mine.yaml:2: not valid JSON"),
        ('{"a": "x"\n"b": 2}', "mine.yaml:2: not valid JSON: Expecting ',' delimiter"),
        ('{"a":\n NaN}', "mine.yaml:2: 'NaN' is not a JSON value"),
        ('{"a":\n 1' + "0" * 5000 + "}", "mine.yaml:2: '1000"),
        ('{"a":\n\t1,\n\t"a": 2}', "mine.yaml:3: 'a' appears twice (first on line 1)"),
        ('{"a": ' + "[" * 5000, "mine.yaml:1: nested deeper than 32 levels"),
    ],
)
def test_what_is_no_suite_at_all_is_one_line(text: str, wrong: str) -> None:
    """Empty, nested without end, of the wrong shape, or broken JSON: still one line with its line number."""
    found = message(text)
    assert found.startswith(wrong)
    assert found.isprintable()


def test_an_oversize_text_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text above the limit is refused by its size alone; one byte less is read."""
    assert "larger than 2,000,000 bytes; write several smaller suites" in message("#" * (MAX_BYTES + 1))
    assert "larger than" in message("字" * (MAX_BYTES // 2))
    monkeypatch.setattr("blackbox.suites.source.MAX_BYTES", 1_000)
    assert "the file is empty" in message("#" * 1_000)
    assert "larger than 1,000 bytes" in message("#" * 1_001)


def test_an_oversize_file_is_refused(tmp_path: Path) -> None:
    """A file above the limit is refused with its path."""
    path = tmp_path / "big.yaml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(SuiteError, match=r"big\.yaml: larger than 2,000,000 bytes"):
        load(path)


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    """A Latin-1 or GBK file is refused at the line of its first foreign byte."""
    path = tmp_path / "gbk.yaml"
    path.write_bytes("name: mine\ntitle: 中文\n".encode("gbk"))
    with pytest.raises(SuiteError, match=r"gbk\.yaml:2: not UTF-8 text; write \(save\) the file as UTF-8"):
        load(path)


@pytest.mark.parametrize("what", ["missing.yaml", "."])
def test_an_unreadable_path_is_one_line(tmp_path: Path, what: str) -> None:
    """A missing file and a folder are told apart from a bad file."""
    with pytest.raises(SuiteError, match="write the path of a suite file"):
        load(tmp_path / what)


def test_a_line_break_in_a_file_name_stays_one_line() -> None:
    """A hostile file name cannot break the message into two lines or colour the screen."""
    with pytest.raises(SuiteError) as caught:
        parse("", source="a\n\x1b[31mb.yaml")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("messages", "wrong"),
    [
        ("[]", "expected a list of messages, found an empty list"),
        ("[{role: user}]", "the field 'content' is missing"),
        ("[{role: bot, content: x}]", "'bot' is not one of system, user, assistant"),
        ("[{role: assistant, content: x}]", "the last message is not the user's"),
        ("[{role: user, content: x}, {role: system, content: y}]", "a system message stands after others"),
        ("[{role: user, content: 1}]", "expected text, found 1"),
    ],
)
def test_bad_messages_are_refused(messages: str, wrong: str) -> None:
    """A conversation starts with at most one system message and ends with the user."""
    found = message(GOOD.replace("prompt: Say hello.", f"messages: {messages}"))
    assert found.startswith("mine.yaml:14: probes[0].messages")
    assert wrong in found


CALLED = "{type: function, function: {name: x}}"
CALLED_WITH = "[{{type: function, function: {{name: x, parameters: {}}}}}]"


@pytest.mark.parametrize(
    ("tools", "wrong"),
    [
        ("[{type: web}]", "the field 'function' is missing"),
        ("[{type: web, function: {name: x}}]", "'web' is not one of function"),
        ("[{type: function, function: {}}]", "the field 'name' is missing"),
        ("[{type: function, function: {name: 1}}]", "expected text, found 1"),
        ("[{type: function, function: {name: x, params: {}}}]", "unknown field 'params'"),
        ("[{type: function, function: {name: a b}}]", "'a b' is no name of a tool; write 1 to 64 of A-Z a-z"),
        (f"[{CALLED}, {CALLED}]", "tools[1].function.name: two tools are called 'x'; write another name"),
        (CALLED_WITH.format("5"), "function.parameters: expected a JSON schema, found 5; write e.g. {type: object}"),
        (CALLED_WITH.format("{type: objekt}"), "parameters.type: 'objekt' is not one of object, array"),
        (CALLED_WITH.format("{type: [string, nul]}"), "parameters.type: 'nul' is not one of"),
        (CALLED_WITH.format("{properties: [a]}"), "parameters.properties: expected a mapping of schemas, found a list"),
        (
            CALLED_WITH.format("{properties: {a: text}}"),
            "parameters.properties.a: expected a JSON schema, found 'text'",
        ),
        (CALLED_WITH.format("{required: [a]}"), "parameters.required[0]: 'a' is required and no property"),
        (CALLED_WITH.format("{enum: a}"), "parameters.enum: expected a list of values, found 'a'"),
        (CALLED_WITH.format("{items: {minimum: low}}"), "parameters.items.minimum: expected a number"),
    ],
)
def test_bad_tools_are_refused(tools: str, wrong: str) -> None:
    """A tool is a named function."""
    assert wrong in message(GOOD.replace("prompt: Say hello.", f"prompt: x\n    tools: {tools}"))


@pytest.mark.parametrize("value", [float("nan"), object(), {1, 2}])
def test_a_document_that_is_not_json_is_refused(value: object) -> None:
    """A document handed over in memory must be strict JSON too."""
    with pytest.raises(SuiteError, match="run 7: not a JSON document"):
        from_document({"name": value}, "run 7")


def test_a_document_without_lines_still_names_the_field() -> None:
    """Errors of a document that never was a text name source and field."""
    document = dict(parse(GOOD, source="mine.yaml").document)
    document["version"] = "1"
    with pytest.raises(SuiteError, match=r"^run 7: version: expected a whole number from 1 to 9999, found '1'; write"):
        from_document(document, "run 7")


def test_a_suite_json_that_is_no_mapping_is_refused() -> None:
    """A run's suite.json that holds a list is one line, not a traceback."""
    with pytest.raises(SuiteError, match=r"^run 7: expected a mapping, found a list; write fields such as schema"):
        from_document([], "run 7")  # type: ignore[arg-type]


def test_a_long_value_is_cut_in_the_message() -> None:
    """However long the wrong value is, the message stays one readable line."""
    found = message(GOOD.replace("id: second", f"id: {'S' * 5000}"))
    assert "S…" in found
    assert len(found) < 400
