"""One column of a table or of a Hub dataset, with what identifies it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import datasets
import pytest

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
