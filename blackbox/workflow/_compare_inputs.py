"""What a result was made from and by: digests of its runs and populations, what was asked, code and processor."""

from __future__ import annotations

import platform
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import blackbox
from blackbox import registry
from blackbox.workflow.packages import package_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import Run
    from blackbox.evidence.population import Population
    from blackbox.workflow._compare_companions import Named
    from blackbox.workflow.compare_options import CompareOptions

_SOURCES = frozenset({".py", ".j2", ".css", ".js", ".yaml"})
_NOT_CODE = ("_probes", "zoo")
_COMPUTING = ("numpy", "scipy", "scikit-learn", "sentence-transformers", "torch", "pyarrow", "jinja2")


def inputs_of(
    runs: Sequence[Run],
    named: Named,
    population: Population | None,
    options: CompareOptions,
    pairs: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return everything a comparison was made from, each by its digest: enough to compute it again.

    Args:
        runs: The compared runs, as named.
        named: Its companions.
        population: What *related* was read against.
        options: What was asked.
        pairs: The entries found: they say whether embeddings were used.
    """
    return {
        "runs": [reference(run) for run in runs],
        "controls": [reference(run) for run in named.controls],
        "benign": [reference(run) for run in named.hosts],
        "alternatives": [reference(run) for run in named.alternatives],
        "population": {"file": str(options.population), "digest": population.digest} if population else None,
        "embedding_model": _embedding_model(pairs),
        "options": {
            "questions": list(options.questions),
            "seed": options.seed,
            "allow_decoding_differences": options.allow_decoding_differences,
            "chosen": options.chosen,
        },
        "setup": setup(),
    }


def reference(run: Run) -> dict[str, Any]:
    """Return what names a run and everything in it: the head stands for journal, manifest and suite."""
    manifest = run.manifest
    return {
        "id": run.id,
        "journal_head": manifest.journal_head,
        "journal_count": manifest.journal_count,
        "suite_digest": manifest.suite_digest,
    }


def setup() -> dict[str, Any]:
    """Return what decides a number beside its inputs: this code, the packages that compute, the processor."""
    found = {name: package_version(name) for name in ("blackbox-similarity", *_COMPUTING)}
    return {
        "code_sha256": _code_digest(),
        "python": platform.python_version(),
        "packages": {name: version for name, version in found.items() if version},
        "machine": _machine(),
    }


def _embedding_model(pairs: Sequence[Mapping[str, Any]]) -> dict[str, str] | None:
    signals = {name for name in registry.names("signals") if registry.signal(name).info.feature == "embedding"}
    used = any(s["signal"] in signals and s["status"] == "computed" for pair in pairs for s in pair["same"]["signals"])
    if not used:
        return None
    feature = registry.feature("embedding")
    return {"name": str(getattr(feature, "model_name", "")), "digest": str(getattr(feature, "model_digest", ""))}


@cache
def _code_digest() -> str:
    """Return the digest of this package's sources: a version number does not name a working copy."""
    root = Path(blackbox.__file__).parent
    files = sorted(
        path
        for path in root.rglob("*")
        if path.suffix in _SOURCES and not set(path.relative_to(root).parts) & set(_NOT_CODE)
    )
    lines = (f"{sha256(path.read_bytes()).hexdigest()}  {path.relative_to(root).as_posix()}\n" for path in files)
    return sha256("".join(lines).encode()).hexdigest()


def _machine() -> str:
    """Return system, processor and its vector instructions: they decide the last digits of sums."""
    import numpy as np

    simd = np.show_config(mode="dicts").get("SIMD Extensions", {})
    return " ".join([platform.system(), platform.machine(), *simd.get("found", [])])
