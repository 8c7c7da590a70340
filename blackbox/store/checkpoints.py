"""Checkpoints of Llama/Qwen shape: the attention matrices of each layer and how far their numbers spread.

Dense models and mixtures of experts alike: experts replace the feed-forward part, which is not looked at. Neither
torch nor transformers is needed, no model is loaded, and no more than a few megabytes of weights are held at a time.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from blackbox.errors import UsageError
from blackbox.stats.depth_profiles import spread
from blackbox.store.tensors import read_header, read_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from blackbox.core import FloatArray
    from blackbox.store.tensors import Tensor

MATRICES = ("q", "k", "v", "o")
"""Query, key, value and output projections, in the order of a profile's columns."""

_PLACE = re.compile(
    r"(?:(?P<before>.*)\.)?layers\.(?P<layer>\d{1,5})\.(?:self_attn|attention|attn)\."
    r"(?P<kind>[qkvo]_proj|qkv_proj|W_pack)\.weight"
)
_OTHER_TOWER = re.compile(r"vis|image|audio|speech|encoder|mtp|draft", re.IGNORECASE)
_WHOLE, _INDEX = "model.safetensors", "model.safetensors.index.json"
_PIECE_NUMBERS = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a checkpoint's attention weights look like from outside.

    Args:
        path: Its folder.
        model_type: As its configuration says, if it does.
        n_experts: Of each mixture layer; 0: dense, or not said.
        dtypes: How its attention matrices are stored, sorted.
        profile: `(layers, 4)` standard deviations of W_Q, W_K, W_V and W_O, first layer first; read-only.
    """

    path: Path
    model_type: str | None
    n_experts: int
    dtypes: tuple[str, ...]
    profile: FloatArray


def read_checkpoint(folder: Path) -> Checkpoint:
    """Return the depth profile of the checkpoint in a folder.

    Raises:
        UsageError: It holds no sound safetensors of Llama or Qwen shape.
        BlackboxError: It can't be read.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder of a checkpoint; name one with .safetensors files in it")
    config = read_object(folder / "config.json") if (folder / "config.json").is_file() else {}
    layers = _layers(folder, _attention(folder))
    profile = np.array([[spread(pieces) for pieces in _matrices(folder, layer, config)] for layer in layers])
    if not np.isfinite(profile).all():
        at, kind = np.argwhere(~np.isfinite(profile))[0]
        raise UsageError(f"{folder}: W_{MATRICES[kind].upper()} of layer {at} holds NaN, infinity or nothing")
    profile.setflags(write=False)
    stored = {tensor.dtype for layer in layers for tensor in layer.values()}
    return Checkpoint(
        path=folder,
        model_type=config["model_type"] if isinstance(config.get("model_type"), str) else None,
        n_experts=_count(config, "num_experts") or _count(config, "num_local_experts"),
        dtypes=tuple(sorted(stored)),
        profile=profile,
    )


def _attention(folder: Path) -> dict[str, Tensor]:
    """Return the attention matrices of all files of a checkpoint by name; other shards are not opened."""
    if (folder / _INDEX).is_file():
        listed = _weight_map(folder)
        headers = {name: read_header(folder / name) for name in sorted(set(listed.values()))}
        absent = [tensor for tensor, name in listed.items() if tensor not in headers[name]]
        if absent:
            raise UsageError(f"{folder}: {_INDEX} places {absent[0][:80]!r} in a file that does not hold it")
        return {tensor: headers[name][tensor] for tensor, name in listed.items()}
    single = folder / _WHOLE
    if not single.is_file():
        found = sorted(folder.glob("*.safetensors"))
        if len(found) != 1:
            what = f"{len(found)} safetensors files and no {_INDEX}" if found else "no safetensors"
            raise UsageError(f"{folder} holds {what}; pickled weights are never read: convert them to safetensors")
        single = found[0]
    return {name: tensor for name, tensor in read_header(single).items() if _PLACE.fullmatch(name)}


def _weight_map(folder: Path) -> dict[str, str]:
    listed = read_object(folder / _INDEX).get("weight_map")
    if not isinstance(listed, dict):
        raise UsageError(f"{folder / _INDEX}: it has no weight_map")
    wanted = {name: file for name, file in listed.items() if _PLACE.fullmatch(name)}
    for file in wanted.values():
        plain = isinstance(file, str) and re.fullmatch(r"[\w.-]+\.safetensors", file, re.ASCII)
        if not plain or not (folder / file).is_file():
            raise UsageError(f"{folder / _INDEX}: {str(file)[:80]!r} is no file of this checkpoint")
    return wanted


def _layers(folder: Path, tensors: Mapping[str, Tensor]) -> list[dict[str, Tensor]]:
    """Return each layer's matrices by kind, first layer first, of the one tower that is a language model."""
    towers: dict[str, dict[int, dict[str, Tensor]]] = defaultdict(lambda: defaultdict(dict))
    for name, tensor in tensors.items():
        place = _PLACE.fullmatch(name)
        before = (place and place["before"]) or ""
        if place and not _OTHER_TOWER.search(before):
            _add(folder, towers[before][int(place["layer"])], place["kind"], tensor)
    if len(towers) != 1:
        what = f"{len(towers)} stacks of layers" if towers else "no attention matrices by Llama's or Qwen's names"
        raise UsageError(f"{folder} holds {what}; one is needed")
    ((_, by_number),) = towers.items()
    lacking = [number for number in range(len(by_number)) if number not in by_number]
    if lacking:
        raise UsageError(f"{folder}: layer {lacking[0]} is missing; is a shard missing?")
    return [by_number[number] for number in range(len(by_number))]


def _add(folder: Path, layer: dict[str, Tensor], kind: str, tensor: Tensor) -> None:
    if len(tensor.shape) != 2 or 0 in tensor.shape:  # noqa: PLR2004 - a matrix
        raise UsageError(f"{folder}: {tensor.name!r} is no matrix but of shape {list(tensor.shape)[:8]}")
    layer[kind] = tensor


def _matrices(folder: Path, layer: Mapping[str, Tensor], config: Mapping[str, Any]) -> Iterator[Iterator[FloatArray]]:
    """Yield W_Q, W_K, W_V and W_O of a layer, each in pieces."""
    fused = layer.get("qkv_proj", layer.get("W_pack"))
    bounds = _fused_bounds(folder, fused, config) if fused is not None else []
    for index, kind in enumerate(MATRICES):
        own = layer.get(f"{kind}_proj")
        if own is not None:
            yield _pieces(own, 0, own.shape[0])
        elif fused is not None and index < len(bounds) - 1:
            yield _pieces(fused, bounds[index], bounds[index + 1])
        else:
            some = next(iter(layer.values())).name
            raise UsageError(f"{folder}: no W_{kind.upper()} beside {some!r}; this layer is not of Llama or Qwen shape")


def _fused_bounds(folder: Path, fused: Tensor, config: Mapping[str, Any]) -> list[int]:
    """Return the rows at which queries, keys and values begin and end in one matrix that holds all three."""
    heads, hidden = _count(config, "num_attention_heads"), fused.shape[1]
    size = _count(config, "head_dim") or (hidden // heads if heads else 0)
    shared = _count(config, "num_key_value_heads") or heads
    bounds = [0, heads * size, (heads + shared) * size, (heads + 2 * shared) * size]
    if not heads or bounds[-1] != fused.shape[0]:
        raise UsageError(
            f"{folder}: the heads in config.json don't explain the {fused.shape[0]} rows of {fused.name!r}"
        )
    return bounds


def _pieces(tensor: Tensor, first: int, last: int) -> Iterator[FloatArray]:
    step = max(1, _PIECE_NUMBERS // tensor.shape[1])
    for begin in range(first, last, step):
        yield tensor.rows(begin, min(begin + step, last))


def _count(config: Mapping[str, Any], name: str) -> int:
    stated = config.get(name)
    return stated if type(stated) is int and stated > 0 else 0
