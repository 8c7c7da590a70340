"""Features already computed, beside the run they belong to; safe to delete at any time."""

from __future__ import annotations

import io
import zipfile
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from blackbox.core import FeatureMatrix, canonical, digest
from blackbox.store.arrays import UNREADABLE, check_arrays
from blackbox.store.disk import strict_json, write_atomically
from blackbox.store.naming import slug

if TYPE_CHECKING:
    from pathlib import Path

    from blackbox.core import AnyArray

_CACHE_SCHEMA = "blackbox.features/1"
_N_HEX = 64
_MAX_BYTES = 16 << 30


class FeatureCache:
    """Feature matrices of one run as `features/<name>-<16 hex>.npz`, without pickle.

    A file that is damaged, of another version or of other inputs counts as absent and is written again.

    Args:
        run_path: The run's folder.
    """

    def __init__(self, run_path: Path) -> None:
        self._folder = run_path / "features"

    def get(self, name: str, version: int, digest: str) -> FeatureMatrix | None:
        """Return the stored matrix of feature `name`, or None.

        Args:
            name: Registered name of the feature.
            version: Version of its definition.
            digest: Digest of everything its values depend on: journal head, probes, embedding model.
        """
        try:
            content = self._path(name, version, digest).read_bytes()
            return _matrix(content, {"feature": name, "version": version, "digest": digest})
        except UNREADABLE:
            return None

    def put(self, matrix: FeatureMatrix, digest: str) -> bool:
        """Store `matrix` atomically; return whether the disk took it (a read-only archive need not)."""
        path = self._path(matrix.feature, matrix.version, digest)
        try:
            path.parent.mkdir(exist_ok=True)
            write_atomically(path, _content(matrix, digest), durable=False)
        except OSError:
            return False
        return True

    def _path(self, name: str, version: int, inputs: str) -> Path:
        return self._folder / f"{slug(name)}-{digest([name, version, inputs])[:16]}.npz"


def _content(matrix: FeatureMatrix, inputs: str) -> bytes:
    import numpy as np

    about = {
        "schema": _CACHE_SCHEMA,
        "feature": matrix.feature,
        "version": matrix.version,
        "digest": inputs,
        "probe_ids": matrix.probe_ids,
        "keys": matrix.keys,
    }
    # Names go in as JSON bytes: numpy's text arrays pad every name to the longest and have no lone surrogates.
    arrays: dict[str, AnyArray] = {
        "values": matrix.values,
        "about": np.frombuffer(canonical(about).encode("ascii"), dtype=np.uint8),
    }
    if matrix.offsets is not None:
        arrays["offsets"] = matrix.offsets
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return _sealed(buffer)


def _sealed(buffer: io.BytesIO) -> bytes:
    """Return an npz file that ends with the digest of all before, as the comment a zip file may have."""
    with zipfile.ZipFile(buffer, "a") as file:
        file.comment = b"0" * _N_HEX
    content = buffer.getvalue()[:-_N_HEX]
    return content + sha256(content).hexdigest().encode("ascii")


def _matrix(content: bytes, wanted: dict[str, Any]) -> FeatureMatrix | None:
    import numpy as np

    # Checked first: what zipfile and numpy make of a damaged file has no end of forms.
    if sha256(content[:-_N_HEX]).hexdigest().encode("ascii") != content[-_N_HEX:]:
        return None
    check_arrays(content, most_bytes=_MAX_BYTES)
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        about = strict_json(file["about"].tobytes())
        if about["schema"] != _CACHE_SCHEMA or any(about[name] != value for name, value in wanted.items()):
            return None
        offsets = file["offsets"] if "offsets" in file.files else None
        matrix = FeatureMatrix(
            feature=about["feature"],
            version=about["version"],
            values=file["values"],
            probe_ids=tuple(about["probe_ids"]),
            keys=tuple(about["keys"]),
            offsets=offsets,
        )
    n_rows = len(matrix.values) if offsets is None else len(offsets) - 1
    return matrix if len(matrix.keys) == len(matrix.probe_ids) == n_rows else None
