"""The suites this package ships: where they are found, what they hold, and that released ones never change."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from blackbox.core import Decoding, Suite
from blackbox.errors import SuiteError
from blackbox.suites import available, find, from_document, lint, load, locked, shipped, short_form
from blackbox.suites.shipped import releases, shipped_root

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]

RELEASED = {
    "border-input@1": "70a7c0c19e45c89ec7048aca961eb5cbd7d12929eaa4608f23bcbc585fa25cfb",
    "continuation@1": "556b48ff21e0c0f0c5c29b03453891593bf9c8d46a89b0fd39038a776c909bb1",
    "determinism@1": "4db509782b1fbc1240a74b40a9aabdcf7b7bd1f64214b2adc7abd6f6c55ab5d2",
    "identity@1": "238824550d98b5e2cb9fc891b2a8389ffd3db805ddbec8e2e68749b346742651",
    "knowledge-edge@1": "0ee4c201db3bf9d4a69b24b93062ed1dcf9b8eaa5bec536888300bf85960f379",
    "knowledge-edge@2": "5049ad03af1d30f66cfcccf6f19a4ed947823bfc2cbe2f2fadeda4d9e01db672",
    "one-token@1": "1aa6964a549e314c408839328f84af9b140b6f782aa071dc9935cf21f8a23204",
    "one-token@2": "9804bdb98638682e492f201841dd622fff4ce152081f130357193d694bb49607",
    "open-ended@1": "a4ce9d114f56c9337850fefb6a75f900cdf75b09a07152b7af8445a7c3816b62",
    "open-ended@2": "94e21eff6dcc79f1f24d6fe462ba870cae4d5c2b58c99e767d834686bf1aabe1",
    "open-ended@3": "3b813cc186a6d448fe86e7560ccd0609394c7afe9d66c0a916396a3fb5194218",
    "random-bits@1": "d3dc97c141458c1782b7b04eccb2a53a1a35ac7d5824a8dfdb5c4d853f7461eb",
    "reasoned-choice@1": "7cc038c13608c921e0ba7bdbaf3db2b7cde7d4813480a03aaa227bfa9cae8d09",
    "refusal@1": "4e66c41a0f44eede9f822d1b260726e3852112c4021a838940a946b56780aff2",
    "tokenizer@1": "66e6653fd20551aaa5236ea20eaa53e9887161778e018062a6b6f7d05718e8d5",
    "tokenizer@2": "96f68ab5667517fbed28d49117e192f3fb374d7c1933e48f25c09b8b2f603a4c",
    "tool-call@1": "42620b8535e5c0420e40dde592984c7e930de972a17e08607e516ba63974665a",
}
"""A released version is never edited: a change is a new file v<N+1>.yaml and a new line here."""
SHORT = {
    "border-input.short@1": "43cf3b8479040dd37647b6122b1ae70a000a6dec6ec1bfa356ab6ae34c34905f",
    "continuation.short@1": "8ae73ffc5b7f651b8da648f60786dfbc17befdcf322e45b37a757aa9592f676f",
    "determinism.short@1": "a4200e488193e805e5002d70fc9ebbeeabb0104e1f7f7538f7abcf3f7e4572d6",
    "identity.short@1": "607cd88b3de23d2cc8f96978e26b979b6fa71e1959c1d5e0b380add03fe206de",
    "knowledge-edge.short@2": "394121433b1b0f4a5e9201746afb81e45ff0364a210c71f0a643acf4d5f93e73",
    "one-token.short@2": "167acfb4026c07aca2e827f7b83d310e5e843d89f1df81a986a5c6e3016c1203",
    "open-ended.short@3": "1884af24333f81c76d39cf59f1d3392dde738ecd74ad9dc2ea7a61a6f395d779",
    "random-bits.short@1": "d1c85816c08c693f291646f6ec8a6769e76922a57afe88437920afc678c53985",
    "reasoned-choice.short@1": "c6bef4bc9ec8923fd85a85df36cf57978b5ad7244f3d5dbd0e8a167e498b9903",
    "refusal.short@1": "d4d16374c01d8d43cee1939814794262331c0e4eeeac02a00e20e81edda5b201",
    "tokenizer.short@2": "d74dcef3d778cfd7812a9d9a2202645b4ba2556bc6297628a463141f3cac647a",
    "tool-call.short@1": "95aaab3a6294e6b5c94374fd58b9d97eca27727dece193a47584c8a38a21aa01",
}
"""Short forms follow from released files: they never change either."""
REPEATS = ("border-input@1", "determinism@1", "knowledge-edge@1", "knowledge-edge@2")
"""Suites asked at temperature 0: repeats, not draws (METHODS §1.13)."""


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int, str], Path]:
    """Return a function that ships a suite text in an installation of its own."""
    monkeypatch.setattr(shipped, "__file__", str(tmp_path / "site" / "blackbox" / "suites" / "shipped.py"))

    def ship(name: str, version: int, text: str) -> Path:
        file = tmp_path / "site" / "blackbox" / "_probes" / name / f"v{version}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return ship


def suite_text(name: str, version: int) -> str:
    """Return a small locked suite."""
    return locked(
        f"schema: blackbox.suite/1\nname: {name}\nversion: {version}\nquestions: [same]\nprobes:\n"
        "- {id: a, family: f, language: en, form: open, repeats: 1, max_output_tokens: 1, prompt: x}\n"
    )


def test_released_suites_are_locked() -> None:
    """Every shipped version has the digest it was released with, and every one is pinned here."""
    assert {f"{suite.name}@{suite.version}": suite.digest for suite in available()} == RELEASED


@pytest.mark.parametrize("name", RELEASED)
def test_shipped_suites_are_clean(name: str) -> None:
    """A shipped suite has no lint finding, a licence, a title and a description."""
    suite = find(name)
    assert lint(suite) == ()
    assert all((suite.title, suite.description, suite.licence))


def test_short_forms_are_locked() -> None:
    """Every suite but the first releases has a short form, and each has the digest it was released with."""
    short = {suite.name: short_form(suite) for suite in available() if suite.short}
    assert {f"{suite.name}@{suite.version}": suite.digest for suite in short.values()} == SHORT
    assert {suite.name for suite in available()} == set(short)


@pytest.mark.parametrize("name", SHORT)
def test_a_short_form_is_found_by_name_and_known_as_shipped(name: str) -> None:
    """`one-token.short@2` is a suite of its own: fewer calls, lint-clean, shipped as long as its content is ours."""
    suite, full = find(name), find(name.replace(".short", ""))
    assert (suite.origin, lint(suite)) == ("shipped", ())
    assert 0 < calls(suite) < calls(full)
    assert from_document(suite.document, "run").origin == "shipped"
    assert {p.id for p in suite.probes} <= {p.id for p in full.probes}
    assert suite.sent_decoding(suite.probes[0]).temperature == full.sent_decoding(full.probes[0]).temperature


def test_a_suite_without_a_short_form_says_so() -> None:
    """The first releases have none."""
    with pytest.raises(SuiteError, match=r"suite one-token@1 has no short form; write short: \{repeats: 5\} into it"):
        find("one-token.short@1")


@pytest.mark.parametrize("name", REPEATS)
def test_deterministic_suites_send_temperature_zero(name: str) -> None:
    """Nothing else is at temperature 0; `determinism` alone sends a seed."""
    suite = find(name)
    sent = {suite.sent_decoding(probe).temperature for probe in suite.probes}
    assert sent == {0.0}
    assert (suite.decoding.seed is not None) == (name == "determinism@1")


@pytest.mark.parametrize("name", sorted({*RELEASED} - {*REPEATS}))
def test_shipped_suites_draw_independently(name: str) -> None:
    """T = 1, top_p = 1, no seed, an explicit system message: at every probe."""
    suite = find(name)
    for probe in suite.probes:
        sent = suite.sent_decoding(probe)
        assert sent == Decoding(temperature=1.0, top_p=1.0, max_output_tokens=probe.max_output_tokens)
        assert [message.role for message in probe.messages] == ["system", "user"]


def calls(suite: Suite) -> int:
    """Return how many calls a suite makes."""
    return sum(probe.repeats for probe in suite.probes)


def test_one_token_is_sixteen_cells_of_fifteen() -> None:
    """Eight kinds in two languages, fifteen times each: 240 calls of at most 16 tokens."""
    suite = find("one-token@1")
    cells = {(probe.family, probe.language) for probe in suite.probes}
    kinds = {"number", "letter", "word", "colour", "animal", "city", "coin", "name"}
    assert cells == {(kind, language) for kind in kinds for language in ("en", "zh")}
    assert (len(suite.probes), calls(suite)) == (16, 240)
    assert {(probe.form, probe.max_output_tokens) for probe in suite.probes} == {("closed", 16)}
    special = {"number": "number", "letter": "letter", "coin": "coin"}
    assert {(p.family, p.parser) for p in suite.probes} == {(kind, special.get(kind, "word")) for kind in kinds}


def test_open_ended_is_fifty_prompts_of_four() -> None:
    """Four families, half English and half Chinese, four times each, 160 tokens."""
    suite = find("open-ended@1")
    assert (len(suite.probes), calls(suite)) == (50, 200)
    assert Counter(probe.language for probe in suite.probes) == {"en": 25, "zh": 25}
    assert {probe.family for probe in suite.probes} == {"how-to", "advice", "essay", "recipe"}
    assert {(p.form, p.parser, p.max_output_tokens) for p in suite.probes} == {("open", "text", 160)}


@pytest.mark.parametrize("name", ["one-token@1", "open-ended@1", "open-ended@2", "open-ended@3"])
def test_each_prompt_is_in_its_language(name: str) -> None:
    """Chinese prompts are written in Chinese characters and punctuation, English ones in ASCII."""
    for probe in find(name).probes:
        prompt = probe.messages[-1].content
        assert prompt.isascii() == (probe.language == "en")
        if probe.language == "zh":
            assert not re.search(r"[A-Za-z,.?!:;()\"']", prompt)
            assert re.search(r"[\u4e00-\u9fff]", prompt)


def test_tokenizer_counts_six_units_and_the_bare_frame() -> None:
    """Six units once, twice and three times, the frame alone twice; one short call each."""
    suite = find("tokenizer@1")
    units = {"english", "chinese", "cjk", "emoji", "rare", "digits"}
    ids = {f"{unit}-{n}" for unit in units for n in (1, 2, 3)} | {"baseline-a", "baseline-b"}
    assert {probe.id for probe in suite.probes} == ids
    assert (len(suite.probes), calls(suite)) == (20, 20)
    assert {(probe.form, probe.max_output_tokens) for probe in suite.probes} == {("closed", 16)}


def test_each_tokenizer_repeat_adds_one_and_the_same_line() -> None:
    """All texts are one frame with 0 to 3 equal lines in it, so the frame cancels from every slope."""
    prompts = {probe.id: probe.messages[-1].content for probe in find("tokenizer@1").probes}
    head, close = prompts["baseline-a"].rsplit("\n", 1)
    assert prompts["baseline-a"] == prompts["baseline-b"]
    for unit in ("english", "chinese", "cjk", "emoji", "rare", "digits"):
        line = prompts[f"{unit}-1"].removeprefix(f"{head}\n").removesuffix(f"\n{close}")
        assert "\n" not in line
        assert line == line.strip()
        for n in (1, 2, 3):
            assert prompts[f"{unit}-{n}"] == "\n".join([head, *[line] * n, close])


def test_a_tokenizer_counts_every_repeat_alike() -> None:
    """On a byte-level BPE with the usual pre-splitting, each further repeat costs exactly as many tokens."""
    tokenizers = pytest.importorskip("tokenizers")
    prompts = {probe.id: probe.messages[-1].content for probe in find("tokenizer@1").probes}
    bpe = tokenizers.Tokenizer(tokenizers.models.BPE())
    bpe.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=600, show_progress=False)
    bpe.train_from_iterator([probe.messages[-1].content for probe in find("open-ended@1").probes], trainer)
    for unit in ("english", "chinese", "cjk", "emoji", "rare", "digits"):
        texts = [prompts["baseline-a"], *(prompts[f"{unit}-{n}"] for n in (1, 2, 3))]
        counts = [len(bpe.encode(text).ids) for text in texts]
        steps = {later - earlier for earlier, later in pairwise(counts)}
        assert len(steps) == 1


def test_a_name_finds_its_newest_version(shelf: Callable[[str, int, str], Path]) -> None:
    """Without a version the newest one counts by number; with one, exactly that."""
    for version in (2, 10, 9):
        shelf("mine", version, suite_text("mine", version))
    assert [suite.version for suite in available()] == [2, 9, 10]
    assert find("mine").version == 10
    assert find("mine@2").version == 2
    with pytest.raises(SuiteError, match=r"suite 'mine' has no version '3'; write mine@2 or mine@9 or mine@10"):
        find("mine@3")


def test_an_installed_package_reads_its_own_suites(shelf: Callable[[str, int, str], Path]) -> None:
    """A wheel carries the suites inside the package; a source tree has them beside it."""
    file = shelf("mine", 1, suite_text("mine", 1))
    assert shipped_root() == file.parent.parent
    assert find("mine").origin == "shipped"


def test_a_source_tree_and_a_wheel_hold_the_same_suites() -> None:
    """The build puts `probes/` where the resolver looks in a wheel."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = build["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included["probes"] == "blackbox/_probes"
    assert shipped_root() == ROOT / "probes"


def test_only_release_files_are_shipped(shelf: Callable[[str, int, str], Path]) -> None:
    """Drafts and leading zeros beside a release are not suites."""
    file = shelf("mine", 1, suite_text("mine", 1))
    for other in ("v01.yaml", "v2-draft.yaml", "notes.md", "v3.yml"):
        (file.parent / other).write_text("x", encoding="utf-8")
    assert list(releases()) == [("mine", 1)]


@pytest.mark.parametrize(("name", "version"), [("other", 1), ("mine", 2)])
def test_a_file_under_a_wrong_name_is_refused(shelf: Callable[[str, int, str], Path], name: str, version: int) -> None:
    """A shipped file says the name and version of its place, or it is not used."""
    shelf("mine", 1, suite_text(name, version))
    with pytest.raises(SuiteError, match=rf"v1\.yaml: holds {name}@{version}; write name: mine and version: 1"):
        find("mine")


def test_an_installation_without_suites_says_so(shelf: Callable[[str, int, str], Path], tmp_path: Path) -> None:
    """A broken installation is told apart from a misspelt name."""
    del shelf
    with pytest.raises(SuiteError, match=r"no shipped suites in .*; reinstall blackbox-similarity"):
        find("one-token")
    assert shipped_root() == tmp_path / "site" / "probes"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("one-tokn", r"unknown suite 'one-tokn'; did you mean 'one-token'\? known: border-input, continuation, "),
        ("one_token@1", r"unknown suite 'one_token@1'; did you mean 'one-token'\?"),
        ("zzz", "unknown suite 'zzz'; known: border-input, .*, tool-call; a file is given by its path"),
        ("", "unknown suite ''; known"),
        ("..", r"unknown suite '\.\.'; known"),
        ("one-token@", "has no version ''; write one-token@1 or one-token@2"),
        ("one-token@01", "has no version '01'; write one-token@1 or one-token@2"),
        ("../probes/one-token", "no such file|is a directory"),
        ("nothing.yaml", r"nothing\.yaml: no such file or directory; write the path of a suite file"),
    ],
)
def test_an_unknown_suite_is_one_line_that_helps(wanted: str, said: str) -> None:
    """A name is looked up and never becomes a path; only what looks like a path is opened."""
    with pytest.raises(SuiteError, match=said) as caught:
        find(wanted)
    assert str(caught.value).isprintable()


def test_a_file_has_a_short_form_too(tmp_path: Path) -> None:
    """`mine.yaml.short` is the short form of `mine.yaml`, unless a file of that name is there."""
    path = tmp_path / "mine.yaml"
    path.write_text(locked(suite_text("mine", 3) + "short: {repeats: 1}\n"), encoding="utf-8")
    assert find(f"{path}.short").name == "mine.short"
    (tmp_path / "mine.yaml.short").write_text(suite_text("other", 1), encoding="utf-8")
    assert find(f"{path}.short").name == "other"
    with pytest.raises(SuiteError, match=r"none\.yaml: no such file"):
        find(str(tmp_path / "none.yaml.short"))


@pytest.mark.parametrize("suffix", ["yaml", "yml", "json", "YAML", "txt"])
def test_a_path_is_read_as_a_file(tmp_path: Path, suffix: str) -> None:
    """A path is read whatever it ends in; what it holds has the origin `file`."""
    path = tmp_path / f"mine.{suffix}"
    path.write_text(suite_text("mine", 3), encoding="utf-8-sig")
    assert (find(str(path)).version, find(str(path)).origin) == (3, "file")
    assert load(path) == find(str(path))
