"""Looks for a key in files by decoding what they hold, where the package looks for it by encoding the key."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import re
import zipfile
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_SKIPPED = ("blackbox.yaml", "numbered.yaml")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


def found_keys(folder: Path, keys: Mapping[str, str]) -> list[str]:
    """Return `file: variable (form)` for each live key in any file below `folder`."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in _SKIPPED]
    return [
        f"{path.relative_to(folder)}: {name} ({form})"
        for path in paths
        for form, content in _readings(path)
        for name, key in keys.items()
        if key.encode() in content
    ]


def _readings(path: Path) -> Iterator[tuple[str, bytes]]:
    for form, content in _unpacked(path):
        text = content.decode("utf-8", "replace")
        yield form, content
        yield f"{form} URL-decoded", unquote_plus(text).encode("utf-8", "replace")
        yield f"{form} without HTML", html.unescape(text).encode("utf-8", "replace")
        unescaped = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text).replace("\\/", "/").replace('\\"', '"')
        yield f"{form} unescaped", unescaped.replace("\\\\", "\\").encode("utf-8", "replace")
        yield f"{form} from hex", b"\n".join(bytes.fromhex(run.decode()) for run in _HEX.findall(content))
        yield f"{form} from base64", b"\n".join(_decoded(content))
        yield f"{form} spelt in tokens", b"\n".join(_spelt(content))


def _unpacked(path: Path) -> Iterator[tuple[str, bytes]]:
    content = path.read_bytes()
    yield "as it is", content
    if path.suffix == ".parquet":
        from pyarrow.parquet import read_table

        rows = read_table(path).to_pylist()
        yield "columns", "\n".join(str(cell) for row in rows for cell in row.values()).encode("utf-8", "replace")
    elif path.suffix == ".gz":
        yield "unzipped", gzip.decompress(content)
    elif path.suffix in (".npz", ".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield f"{name} in it", archive.read(name)


def _decoded(content: bytes) -> Iterator[bytes]:
    for run in set(_BASE64.findall(content)):
        standard = run.replace(b"-", b"+").replace(b"_", b"/")
        for start in range(4):
            part = standard[start:]
            part = part[:-1] if len(part) % 4 == 1 else part
            yield base64.b64decode(part + b"=" * (-len(part) % 4))


def _spelt(content: bytes) -> Iterator[bytes]:
    for line in content.splitlines():
        try:
            tokens = _tokens(json.loads(line))
        except (ValueError, LookupError, AttributeError, TypeError):
            continue
        yield "".join(tokens).encode("utf-8", "replace")


def _tokens(entry: Any) -> list[str]:
    return [each["token"] for each in entry["body"].get("logprobs") or ()]
