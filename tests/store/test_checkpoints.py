"""Checkpoints on disk: what is read, and how strangers' files fail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.safetensors_files import as_bfloat16, attention, write_raw, write_tensors

from blackbox.errors import BlackboxError, UsageError
from blackbox.store import read_checkpoint
from blackbox.store.tensors import read_header

if TYPE_CHECKING:
    from pathlib import Path

FIRST = "model.layers.0.self_attn.q_proj.weight"


def _expected(tensors: dict[str, np.ndarray], layers: int = 4, prefix: str = "model.") -> list[list[float]]:
    return [
        [float(tensors[f"{prefix}layers.{i}.self_attn.{kind}_proj.weight"].astype(float).std()) for kind in "qkvo"]
        for i in range(layers)
    ]


@pytest.mark.parametrize("dtype", ["<f8", "<f4", "<f2"])
def test_spreads_are_those_of_the_numbers_stored(tmp_path: Path, dtype: str) -> None:
    """Whatever float they are stored as."""
    tensors = attention(dtype=dtype)
    write_tensors(tmp_path / "model.safetensors", tensors)
    found = read_checkpoint(tmp_path)

    assert found.profile == pytest.approx(np.array(_expected(tensors)), rel=1e-6)
    assert found.profile.flags.writeable is False


def test_bfloat16_is_read(tmp_path: Path) -> None:
    """By bits, as numpy has no such type: sixteen bits dropped, nothing else."""
    tensors = {name: as_bfloat16(array) for name, array in attention().items()}
    write_tensors(tmp_path / "model.safetensors", tensors)
    whole = {name: (a.astype(np.uint32) << 16).view(np.float32) for name, a in tensors.items()}

    assert read_checkpoint(tmp_path).profile == pytest.approx(np.array(_expected(whole)), rel=1e-6)
    assert read_checkpoint(tmp_path).dtypes == ("BF16",)


def test_a_shipped_model_reads_as_torch_reads_it() -> None:
    """Against the library that wrote the file."""
    from safetensors.torch import load_file

    from blackbox.serve import folder

    state = load_file(folder("a") / "model.safetensors")
    expected = [
        [state[f"model.layers.{i}.self_attn.{kind}_proj.weight"].double().std(correction=0).item() for kind in "qkvo"]
        for i in range(4)
    ]
    assert read_checkpoint(folder("a")).profile == pytest.approx(np.array(expected), rel=1e-9)


def _sharded(folder: Path, tensors: dict[str, np.ndarray]) -> dict[str, str]:
    names = list(tensors)
    parts = {"model-1.safetensors": names[:7], "model-2.safetensors": names[7:]}
    for file, held in parts.items():
        write_tensors(folder / file, {name: tensors[name] for name in held})
    return {name: file for file, held in parts.items() for name in held}


def _index(folder: Path, weight_map: Any) -> None:
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}), encoding="utf-8")


def test_shards_are_read_by_their_index(tmp_path: Path) -> None:
    """Shards without attention are not even opened."""
    tensors = attention()
    places = _sharded(tmp_path, tensors)
    (tmp_path / "model-3.safetensors").write_bytes(b"not opened")
    _index(tmp_path, {**places, "lm_head.weight": "model-3.safetensors"})

    assert read_checkpoint(tmp_path).profile == pytest.approx(np.array(_expected(tensors)), rel=1e-6)


@pytest.mark.parametrize(
    "file", ["../model-1.safetensors", "/etc/passwd", 7, "absent.safetensors", "a\x1b[2J.safetensors"]
)
def test_an_index_leads_nowhere_else(tmp_path: Path, file: Any) -> None:
    """A shard is a file of the checkpoint's own folder."""
    places = _sharded(tmp_path, attention())
    _index(tmp_path, {**places, FIRST: file})

    with pytest.raises(UsageError, match="is no file of this checkpoint"):
        read_checkpoint(tmp_path)


def test_an_index_that_misplaces_a_matrix_is_noticed(tmp_path: Path) -> None:
    """Another shard than the one that holds it."""
    places = _sharded(tmp_path, attention())
    _index(tmp_path, {**places, FIRST: "model-2.safetensors"})

    with pytest.raises(UsageError, match="in a file that does not hold it"):
        read_checkpoint(tmp_path)


def test_experts_are_left_out_of_account(tmp_path: Path) -> None:
    """A mixture of experts has attention like any other."""
    tensors = attention()
    experts = {f"model.layers.0.mlp.experts.{i}.gate_proj.weight": np.ones((2, 2), "<f4") for i in range(3)}
    write_tensors(tmp_path / "model.safetensors", {**tensors, **experts})
    (tmp_path / "config.json").write_text('{"model_type": "qwen2_moe", "num_experts": 3}', encoding="utf-8")
    found = read_checkpoint(tmp_path)

    assert (found.model_type, found.n_experts) == ("qwen2_moe", 3)
    assert found.profile == pytest.approx(np.array(_expected(tensors)), rel=1e-6)


def test_another_tower_is_left_out_of_account(tmp_path: Path) -> None:
    """The language model of a model that also sees."""
    tensors = attention(prefix="model.language_model.")
    write_tensors(tmp_path / "model.safetensors", {**tensors, **attention(seed=1, prefix="vision_tower.encoder.")})

    expected = _expected(tensors, prefix="model.language_model.")
    assert read_checkpoint(tmp_path).profile == pytest.approx(np.array(expected), rel=1e-6)


@pytest.mark.parametrize("name", ["qkv_proj", "W_pack"])
def test_a_fused_matrix_is_taken_apart_by_the_heads(tmp_path: Path, name: str) -> None:
    """Queries first, then keys, then values."""
    tensors = attention()
    fused = {}
    for i in range(4):
        parts = [tensors[f"model.layers.{i}.self_attn.{kind}_proj.weight"] for kind in "qkv"]
        fused[f"model.layers.{i}.self_attn.{name}.weight"] = np.concatenate(parts)
        fused[f"model.layers.{i}.self_attn.o_proj.weight"] = tensors[f"model.layers.{i}.self_attn.o_proj.weight"]
    write_tensors(tmp_path / "model.safetensors", fused)
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2}
    (tmp_path / "config.json").write_text(json.dumps(heads), encoding="utf-8")

    assert read_checkpoint(tmp_path).profile == pytest.approx(np.array(_expected(tensors)), rel=1e-6)

    (tmp_path / "config.json").write_text(json.dumps({"num_attention_heads": 3}), encoding="utf-8")
    with pytest.raises(UsageError, match=r"the heads in config\.json don't explain the 16 rows"):
        read_checkpoint(tmp_path)


def test_weights_of_many_pieces_are_read_whole(tmp_path: Path) -> None:
    """A matrix larger than what is held at a time."""
    rng = np.random.default_rng(3)
    tensors = {name: rng.normal(0, 1, (300, 4000)).astype("<f4") for name in attention(1)}
    write_tensors(tmp_path / "model.safetensors", tensors)

    assert read_checkpoint(tmp_path).profile == pytest.approx(np.array(_expected(tensors, 1)), rel=1e-5)


def _entry(**changed: Any) -> dict[str, Any]:
    return {"dtype": "F32", "shape": [8, 8], "data_offsets": [0, 256], **changed}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (_entry(data_offsets=[0, 1 << 60]), "lies outside the file"),
        (_entry(data_offsets=[256, 0]), "lies outside the file"),
        (_entry(data_offsets=[-256, 0]), "is malformed"),
        (_entry(data_offsets=[0]), "is malformed"),
        (_entry(data_offsets=None), "is malformed"),
        (_entry(shape=[1 << 40, 1 << 40]), "another size than its shape"),
        (_entry(shape=[True, 64]), "is malformed"),
        (_entry(shape=[8.0, 8]), "is malformed"),
        (_entry(shape="88"), "is malformed"),
        (_entry(dtype=["F32"]), "is malformed"),
        (_entry(shape=[64]), "is no matrix"),
        (_entry(shape=[0, 64], data_offsets=[0, 0]), "is no matrix"),
        (_entry(dtype="F8_E4M3", data_offsets=[0, 64]), "stored as 'F8_E4M3'"),
        ("text", "is malformed"),
    ],
)
def test_a_header_is_not_trusted(tmp_path: Path, entry: Any, words: str) -> None:
    """Every claim is held against the file."""
    write_tensors(tmp_path / "model.safetensors", attention(), **{FIRST: entry})

    with pytest.raises(UsageError, match=words):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize(
    ("header", "length"),
    [
        (b"", 0),
        (b"{}", 1 << 62),
        (b"{}", 200_000_000),
        (b"{not json}", None),
        (b"[1, 2]", None),
        (b'{"a": 1, "a": 2}', None),
        (b"\xff\xfe{}", None),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, None),
    ],
)
def test_a_broken_header_is_one_line(tmp_path: Path, header: bytes, length: int | None) -> None:
    """Lengths that lie, text that is no JSON, names twice, nesting without end."""
    write_raw(tmp_path / "model.safetensors", header, length=length)

    with pytest.raises(UsageError) as caught:
        read_header(tmp_path / "model.safetensors")
    assert "\n" not in str(caught.value)


def test_a_file_too_short_for_a_header_is_refused(tmp_path: Path) -> None:
    """Three bytes."""
    (tmp_path / "model.safetensors").write_bytes(b"abc")

    with pytest.raises(UsageError, match="not a sound safetensors file"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_none_are_named(tmp_path: Path, value: float) -> None:
    """NaN or infinity in a matrix."""
    tensors = attention()
    tensors["model.layers.2.self_attn.v_proj.weight"][1, 1] = value
    write_tensors(tmp_path / "model.safetensors", tensors)

    with pytest.raises(UsageError, match="W_V of layer 2 holds NaN"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize(
    ("removed", "words"),
    [
        (".layers.2.", "layer 2 is missing"),
        (".layers.1.self_attn.k_proj", "no W_K beside"),
        ("_proj", "no attention matrices"),
    ],
)
def test_a_checkpoint_of_another_shape_is_refused(tmp_path: Path, removed: str, words: str) -> None:
    """Missing layers, missing matrices, other names."""
    kept = {name: array for name, array in attention().items() if removed not in name}
    write_tensors(tmp_path / "model.safetensors", kept)

    with pytest.raises(UsageError, match=words):
        read_checkpoint(tmp_path)


def test_two_language_models_in_one_file_are_refused(tmp_path: Path) -> None:
    """Which of them is meant can't be known."""
    write_tensors(tmp_path / "model.safetensors", {**attention(), **attention(prefix="second.")})

    with pytest.raises(UsageError, match="2 stacks of layers"):
        read_checkpoint(tmp_path)


def test_pickled_weights_are_never_read(tmp_path: Path) -> None:
    """A folder with nothing else says so."""
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04")

    with pytest.raises(UsageError, match="pickled weights are never read"):
        read_checkpoint(tmp_path)


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    """A path that leads nowhere, and an unreadable configuration."""
    with pytest.raises(UsageError, match="is no folder"):
        read_checkpoint(tmp_path / "absent")
    (tmp_path / "config.json").write_text("[", encoding="utf-8")
    with pytest.raises(BlackboxError, match="not the JSON it should hold"):
        read_checkpoint(tmp_path)
