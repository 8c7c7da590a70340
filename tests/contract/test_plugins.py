"""What every plug-in file keeps, and that one new file is all it takes to add one."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest

from blackbox import registry
from blackbox.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

FEATURES = registry.names("features")
SIGNALS = registry.names("signals")
METHODS = {"same": "draws", "related": "scores", "tokenizer": "scores"}


@pytest.mark.parametrize("group", ["endpoints", "features", "signals", "report.sections"])
def test_every_group_has_plug_ins_and_no_support_module_among_them(group: str) -> None:
    """Names are sorted file names; a file with a leading underscore is no plug-in."""
    names = registry.names(group)

    assert names
    assert list(names) == sorted(names)
    assert [name for name in names if name.startswith("_")] == []


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_reads_a_feature_that_exists_by_the_method_of_its_question(name: str) -> None:
    """`SIGNAL.info` says which question, feature and forms; the question decides the method."""
    signal = registry.signal(name)

    assert signal.info.version >= 1
    assert signal.info.feature in FEATURES
    assert signal.info.forms
    assert callable(getattr(signal, METHODS[signal.info.question]))


@pytest.mark.parametrize("name", registry.names("endpoints"))
def test_an_endpoint_kind_can_be_opened(name: str) -> None:
    """An endpoint file's `ENDPOINT` has the one method of its protocol."""
    assert callable(registry.endpoint_kind(name.replace("_", "-")).open)


@pytest.mark.parametrize("name", registry.names("report.sections"))
def test_a_section_builds(name: str) -> None:
    """A section file's `SECTION` has the one method a report calls."""
    assert callable(registry.section(name).build)


def test_one_new_file_adds_a_feature(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Nothing else is edited: the file's name is the registered name."""
    package = importlib.import_module("blackbox.features")
    source = "class Shout:\n    version = 3\n    def extract(self, run, probe_ids): ...\nFEATURE = Shout()\n"
    (tmp_path / "loudness.py").write_text(source, encoding="utf-8")
    (tmp_path / "_support.py").write_text("", encoding="utf-8")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    registry.names.cache_clear()
    request.addfinalizer(registry.names.cache_clear)

    assert set(registry.names("features")) == {*FEATURES, "loudness"}
    assert registry.feature("loudness").version == 3


def test_an_unknown_plug_in_is_a_usage_error_that_names_the_known_ones() -> None:
    """A typing mistake in a configuration is one clear line."""
    with pytest.raises(UsageError, match=r"unknown endpoints plug-in .*openai_chat"):
        registry.endpoint_kind("opena-chat")
