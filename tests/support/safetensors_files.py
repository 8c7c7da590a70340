"""Writes safetensors files byte by byte, sound ones and others, independently of what reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SPELT = {"<f8": "F64", "<f4": "F32", "<f2": "F16", "<u2": "BF16"}


def write_tensors(path: Path, tensors: Mapping[str, np.ndarray], **spoilt: Any) -> None:
    """Write arrays as a safetensors file; uint16 stands for bfloat16, `spoilt` replaces header entries."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, array in tensors.items():
        raw = array.tobytes()
        spelt = _SPELT[array.dtype.newbyteorder("<").str]
        header[name] = {"dtype": spelt, "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    write_raw(path, json.dumps({**header, **spoilt}).encode(), data)


def write_raw(path: Path, header: bytes, data: bytes = b"", *, length: int | None = None) -> None:
    """Write a header, its length (or the one stated) and the data."""
    path.write_bytes((len(header) if length is None else length).to_bytes(8, "little") + header + data)


def attention(
    layers: int = 4, hidden: int = 8, *, seed: int = 0, prefix: str = "model.", dtype: str = "<f4"
) -> dict[str, np.ndarray]:
    """Return the attention matrices of a small Llama, their spreads rising with depth."""
    rng = np.random.default_rng(seed)
    return {
        f"{prefix}layers.{layer}.self_attn.{kind}_proj.weight": rng.normal(
            0, 1 + layer, (hidden // (2 if kind in "kv" else 1), hidden)
        ).astype(dtype)
        for layer in range(layers)
        for kind in "qkvo"
    }


def as_bfloat16(array: np.ndarray) -> np.ndarray:
    """Return the upper halves of float32 numbers."""
    return (np.ascontiguousarray(array, np.float32).view(np.uint32) >> 16).astype("<u2")
