"""One column of a table or of a Hub dataset, with what identifies it."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import datasets
import pyarrow as pa
import pytest

from blackbox.core import Message
from blackbox.errors import UsageError
from blackbox.store.prompts import PromptSource, read_prompts

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Stands for the Hub: remembers what was asked and gives two rows."""

    def __init__(self, licence: str) -> None:
        self.asked: dict[str, Any] = {}
        self.column_names = ["id", "prompt"]
        self.info = SimpleNamespace(license=licence)

    def __call__(self, name: str, subset: str | None, *, split: str, revision: str) -> Hub:
        """Take the place of `datasets.load_dataset`."""
        self.asked = {"name": name, "subset": subset, "split": split, "revision": revision}
        return self

    def __getitem__(self, column: str) -> list[str]:
        assert column == "prompt"
        return ["Hello", "Bye"]


def test_a_hub_dataset_is_read_at_its_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name, subset, split and commit are asked for as said; licence and commit are kept."""
    hub = Hub("apache-2.0")
    monkeypatch.setattr(datasets, "load_dataset", hub)
    found = read_prompts(PromptSource(dataset="some/set", column="prompt", split="test", subset="en", revision=COMMIT))
    assert hub.asked == {"name": "some/set", "subset": "en", "split": "test", "revision": COMMIT}
    assert (list(found.cells), found.licence) == (["Hello", "Bye"], "apache-2.0")
    assert (found.source["revision"], found.source["n_rows"]) == (COMMIT, 2)


@pytest.mark.parametrize("revision", [None, "main", COMMIT[:39], COMMIT.upper()])
def test_a_hub_dataset_without_a_commit_is_refused(revision: str | None) -> None:
    """A branch or nothing may mean other prompts tomorrow."""
    with pytest.raises(UsageError, match="write --revision with the 40 digits of a commit"):
        read_prompts(PromptSource(dataset="some/set", column="prompt", revision=revision))


def test_a_missing_column_names_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line."""
    monkeypatch.setattr(datasets, "load_dataset", Hub(""))
    with pytest.raises(UsageError, match="some/set: no column 'text'; there are: id, prompt"):
        read_prompts(PromptSource(dataset="some/set", column="text", revision=COMMIT))


def test_what_the_hub_says_becomes_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong there is a usage error without a traceback."""

    def fails(*_: object, **__: object) -> None:
        raise ValueError("Unknown split 'x'.\nShould be one of ['train'].")

    monkeypatch.setattr(datasets, "load_dataset", fails)
    with pytest.raises(UsageError, match=r"^some/set: cannot be loaded: Unknown split 'x'\.$"):
        read_prompts(PromptSource(dataset="some/set", column="text", revision=COMMIT))


def test_a_file_is_named_by_its_digest(tmp_path: Path) -> None:
    """A folder is refused; a table gives its column and sha256."""
    table = tmp_path / "log.csv"
    table.write_text("prompt\nHello\n", encoding="utf-8")
    found = read_prompts(PromptSource(dataset=str(table), column="prompt"))
    assert (list(found.cells), found.source["dataset"], len(found.source["sha256"])) == (["Hello"], "log.csv", 64)
    with pytest.raises(UsageError, match="a folder; write the path of one"):
        read_prompts(PromptSource(dataset=str(tmp_path), column="prompt"))


def test_a_log_of_chats_gives_what_was_asked(tmp_path: Path) -> None:
    """Fields inside objects are named with dots; a reply at the end is left out, what is no chat of texts stays."""
    parts = [{"type": "text", "text": "And now?"}]
    chats = [
        [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}],
        [{"role": "system", "content": "Be brief"}, {"role": "user", "content": parts}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}],
    ]
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps({"body": {"messages": chat}}) + "\n" for chat in chats), encoding="utf-8")
    chat = (Message(role="system", content="Be brief"), Message(role="user", content="And now?"))
    for column in ("body.messages", "body"):
        cells = read_prompts(PromptSource(dataset=str(log), column=column)).cells
        assert cells[:2] == ["Hello", chat]
        assert not isinstance(cells[2], (str, tuple))
    for column in ("body.message", "bodi.messages"):
        with pytest.raises(UsageError, match=rf"no column '{column}'; it has: body"):
            read_prompts(PromptSource(dataset=str(log), column=column))


def test_a_saved_dataset_is_read_with_its_licence(tmp_path: Path) -> None:
    """A folder of `save_to_disk`, and the Arrow files in it and elsewhere."""
    saved = datasets.Dataset.from_dict({"prompt": ["Hello", "Bye"]})
    saved.info.license = "cc-by-4.0"
    datasets.DatasetDict(test=saved).save_to_disk(str(tmp_path / "set"))
    wanted = {"dataset": str(tmp_path / "set"), "column": "prompt"}
    found = read_prompts(PromptSource(**wanted, split="test"))
    assert (list(found.cells), found.licence, found.source["dataset"]) == (["Hello", "Bye"], "cc-by-4.0", "set")
    with pytest.raises(UsageError, match="no split 'train'; write --split with one of: test"):
        read_prompts(PromptSource(**wanted))
    with pa.OSFile(str(tmp_path / "a.arrow"), "wb") as sink, pa.ipc.new_file(sink, saved.data.schema) as writer:
        writer.write_table(saved.data.table)
    for path in (*tmp_path.glob("set/test/*.arrow"), tmp_path / "a.arrow"):
        assert ["Hello", "Bye"] == list(read_prompts(PromptSource(dataset=str(path), column="prompt")).cells)


@pytest.mark.parametrize("name", ["./nowhere", "a/b/c", "/nowhere/at-all"])
def test_what_looks_like_a_path_is_not_looked_up_on_the_hub(name: str) -> None:
    """A name on the Hub has one slash at most and begins with a letter."""
    with pytest.raises(UsageError, match="No such file"):
        read_prompts(PromptSource(dataset=name, column="prompt", revision=COMMIT))
