"""Kinship of recorded answers of models with known lineage: ratios with both groups of every pair left out.

`BLACKBOX_DATA` names the folder with `alpaca-dev.parquet`, `alpaca-dev-lineage.csv` and `alpaca-dev-pairs.csv`
[../shared/data]; without it nothing is measured. `--sizes 10,25,50` measures fewer prompts than all of 10, 25, 50, 100,
400, 805: sizes are nested, one pass scores them all, and what was recorded for other sizes with the same versions and
seed stays. Prompts are drawn by the seed. Nothing is fitted
outside the folds, but the form of the regression was chosen on part of these groups (docs/adr/0017). Peers
score the same pairs with the same answers; they fit nothing but the pair classifier, which is fitted on the same
folds, so for them no calibration is reported. Embeddings take minutes a thousand answers: `--embeddings N` reads those
of sizes up to N, ours beside the peers that need them; `BLACKBOX_EMBEDDINGS` names an .npy file that keeps them.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np
from _results import recorded_more
from peers import pair_classifier
from peers.embedded import EMBEDDED
from peers.kinship import PEERS
from threadpoolctl import threadpool_limits

from blackbox import registry
from blackbox.core import plain
from blackbox.evidence.calibration import calibrated
from blackbox.evidence.cohort import Averages, averages, normed
from blackbox.evidence.kin_scores import Wanted, contexts_of
from blackbox.evidence.lineage import LabelledPair, Lineage, lineage
from blackbox.evidence.performance import auc, performance
from blackbox.features import _encoder, _weights
from blackbox.features._tokens import token_hashes, word3_hashes
from blackbox.features.char5 import char5_hashes
from blackbox.features.opening import N_TOKENS
from blackbox.workflow._kinship_rows import half_precision

if TYPE_CHECKING:
    from blackbox.stats.nodes import Nodes

SEED = 20
SIZES = (10, 25, 50, 100, 400, 805)
SAME, DIFFERENT, SIBLING = ("SAME_WEIGHTS", "DERIVED_CLOSE"), "UNRELATED", "SAME_VENDOR_FAMILY"
SIGNALS = {"w3": word3_hashes, "c5": char5_hashes, "prefix": token_hashes}


@dataclass
class Answers:
    """The data: `by_prompt[p][m]` is model m's answer to prompt p."""

    models: list[str]
    by_prompt: list[list[str]]
    lineage: Lineage
    others: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


def folder() -> Path:
    """Return where the data should lie."""
    return Path(os.environ.get("BLACKBOX_DATA", Path(__file__).parents[2] / "shared" / "data"))


def loaded(where: Path, n_prompts: int) -> Answers:
    """Return the labelled models' answers to prompts drawn by the seed."""
    import pyarrow.parquet as pq

    side = {**dict.fromkeys(SAME, "same"), DIFFERENT: "different", SIBLING: "sibling"}
    with (where / "alpaca-dev-lineage.csv").open(encoding="utf-8") as file:
        group = {row["model"]: row["group"] for row in csv.DictReader(file)}
    with (where / "alpaca-dev-pairs.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    pairs = [
        LabelledPair(a=min(r["a"], r["b"]), b=max(r["a"], r["b"]), relation=r["relation"], side=side[r["relation"]])
        for r in rows
        if r["relation"] in side
    ]
    found = lineage(group, pairs, dict.fromkeys(group, 1))
    table = pq.read_table(where / "alpaca-dev.parquet", columns=["model", "prompt_id", "output"]).to_pydict()
    prompts = np.random.default_rng(SEED).permutation(sorted(set(table["prompt_id"])))[:n_prompts].tolist()
    place = {p: i for i, p in enumerate(prompts)}
    models = sorted(found.group)
    column = {m: i for i, m in enumerate(models)}
    by_prompt = [[""] * len(models) for _ in prompts]
    for model, prompt, text in zip(table["model"], table["prompt_id"], table["output"], strict=True):
        if prompt in place and model in column:
            by_prompt[place[prompt]][column[model]] = unicodedata.normalize("NFC", text or "").strip()
    return Answers(models=models, by_prompt=by_prompt, lineage=found)


def rows_at(signal: str, texts: list[str]) -> list[list[np.ndarray]]:
    """Return the 32-bit rows of one prompt's answers; an empty answer is silence."""
    items = SIGNALS[signal](texts)
    bounds = np.concatenate([[0], np.cumsum(np.bincount(items.rows, minlength=len(texts)))])
    codes = (items.values >> np.uint64(32)).astype(np.uint32)
    most = N_TOKENS if signal == "prefix" else None
    return [[codes[bounds[i] : bounds[i + 1]][:most]] if text else [] for i, text in enumerate(texts)]


def added(first: Averages | None, more: Averages) -> Averages:
    """Return averages over the probes of both."""
    if first is None:
        return more
    n = first.n_probes + more.n_probes
    total = np.nan_to_num(first.score) * first.n_probes + np.nan_to_num(more.score) * more.n_probes
    with np.errstate(invalid="ignore"):
        return Averages(score=total / n, n_probes=n)


def embedded(data: Answers, n_prompts: int) -> np.ndarray:
    """Return `(P, R, d)` embeddings of the answers, kept in the file that `BLACKBOX_EMBEDDINGS` names."""
    kept = os.environ.get("BLACKBOX_EMBEDDINGS", "")
    if kept and Path(kept).is_file():
        found = np.load(kept, allow_pickle=False)
        if len(found) >= n_prompts and found.shape[1] == len(data.models):
            return np.asarray(found[:n_prompts])
    model = _encoder.load(_weights.default_files().folder)
    made = np.stack([_encoder.encode(model, row) for row in data.by_prompt[:n_prompts]])
    if kept:
        np.save(kept, made)
    return made


def meant_at(data: Answers, vectors: np.ndarray, p: int) -> list[list[np.ndarray]]:
    """Return one prompt's embeddings as a population holds them; an empty answer is silence."""
    rows = half_precision(vectors[p])
    return [[row] if text else [] for row, text in zip(rows, data.by_prompt[p], strict=True)]


def scores_by_size(data: Answers, sizes: list[int], vectors: np.ndarray | None = None) -> dict[int, np.ndarray]:
    """Return `(n, k)` scores of the labelled pairs for each number of prompts, one pass over the largest.

    With embeddings of the largest number of prompts, theirs are the last column.
    """
    place = {m: i for i, m in enumerate(data.models)}
    found = data.lineage
    wanted = [Wanted(a=place[p.a], b=place[p.b], left=found.folds(p)) for p in found.pairs]
    contexts = contexts_of(wanted, [place[m] for m in found.references], [found.fold_of(m) for m in found.references])
    names = [*SIGNALS, *(["whitened_embedding"] if vectors is not None else [])]
    result = {size: np.zeros((len(wanted), len(names))) for size in sizes}
    for k, signal in enumerate(names):
        sums: list[Averages | None] = [None] * len(contexts)
        for start, stop in zip([0, *sizes[:-1]], sizes, strict=True):
            rows = (
                meant_at(data, vectors, p)
                if signal not in SIGNALS and vectors is not None
                else rows_at(signal, data.by_prompt[p])
                for p in range(start, stop)
            )
            more = averages((registry.signal(signal).at_probe(row) for row in rows), list(contexts.values()))
            sums = [added(a, b) for a, b in zip(sums, more, strict=True)]
            z = {left: normed(s.score, c.references) for (left, c), s in zip(contexts.items(), sums, strict=True) if s}
            at = {left: {int(m): i for i, m in enumerate(c.members)} for left, c in contexts.items()}
            result[stop][:, k] = [z[w.left][at[w.left][w.a], at[w.left][w.b]] for w in wanted]
    return result


def reach(same: np.ndarray, other: np.ndarray, rate: float) -> float:
    """Return the share of same-source pairs above all but `rate` of the others."""
    threshold = np.sort(other)[::-1][min(int(rate * len(other)), len(other) - 1)]
    return float((same > threshold).mean())


def realised(data: Answers, log10_lr: np.ndarray, same: np.ndarray, rows: np.ndarray, nominal: float) -> float:
    """Return how many unrelated pairs exceed the threshold that pairs outside both their folds set at `nominal`."""
    folds = [data.lineage.folds(data.lineage.pairs[i]) for i in rows]
    hits = 0
    for left in sorted(set(folds)):
        outside = np.array([not set(f) & set(left) for f in folds]) & ~same
        own = np.array([f == left for f in folds]) & ~same
        hits += int((log10_lr[own] > np.quantile(log10_lr[outside], 1 - nominal)).sum())
    return hits / int((~same).sum())


def interval(values: np.ndarray, same: np.ndarray, nodes: Nodes, rate: float) -> list[float]:
    """Return the 95 % node-bootstrap interval of the reach at a false-positive rate."""
    drawn = nodes.multiplicities(np.random.default_rng(SEED), 300)
    found = []
    for weight in drawn:
        if weight[same].sum() == 0 or weight[~same].sum() == 0:
            continue
        order = np.argsort(-values[~same])
        share = np.cumsum(weight[~same][order]) / weight[~same].sum()
        threshold = values[~same][order][int(np.searchsorted(share, rate, side="right")) % len(order)]
        found.append((weight[same] * (values[same] > threshold)).sum() / weight[same].sum())
    return [float(q) for q in np.quantile(found, [0.025, 0.975])]


def ours(data: Answers, scores: np.ndarray) -> dict[str, Any]:
    """Return what the ratios of one number of prompts are worth."""
    found = calibrated(data.lineage, scores, seed=SEED).unrelated
    told = performance(found, seed=SEED)
    same, values = found.same, found.log10_lr
    kind = np.array([data.lineage.pairs[i].relation for i in found.pairs])
    return {
        "auc": told["auc"],
        "tpr_at_1_percent": reach(values[same], values[~same], 0.01),
        "tpr_at_1_percent_interval": interval(values, same, found.nodes, 0.01),
        "tpr_at_0.1_percent": reach(values[same], values[~same], 0.001),
        "tpr_at_0.1_percent_interval": interval(values, same, found.nodes, 0.001),
        "by_relation": _by_relation(values, kind, same),
        "realised_rate_at_nominal_1_percent": realised(data, values, same, found.pairs, 0.01),
        "cllr_uncapped": told["cllr_uncapped"],
        "cllr_capped": told["cllr"],
        "bounds": plain(found.limits),
        "misleading": told["misleading"],
    }


def peers(data: Answers, size: int, vectors: np.ndarray | None = None) -> dict[str, Any]:
    """Return what other ways reach on the same pairs and answers."""
    place = {m: i for i, m in enumerate(data.models)}
    pairs = [p for p in data.lineage.pairs if p.side != "sibling"]
    a, b = ([place[getattr(p, side)] for p in pairs] for side in "ab")
    same = np.array([p.side == "same" for p in pairs])
    answers = data.by_prompt[:size]
    by_name = {name: peer(answers)[a, b] for name, peer in PEERS.items()}
    folds = [data.lineage.folds(p) for p in pairs]
    by_name["TF-IDF pair classifier"] = pair_classifier.scores(answers, list(zip(a, b, strict=True)), same, folds)
    if vectors is not None:
        by_name |= {name: peer(vectors[:size])[a, b] for name, peer in EMBEDDED.items()}
    return {
        name: {
            "auc": auc(values[same], values[~same]),
            "tpr_at_1_percent": reach(values[same], values[~same], 0.01),
            "by_relation": _by_relation(values, np.array([p.relation for p in pairs]), same),
        }
        for name, values in by_name.items()
    }


def _by_relation(values: np.ndarray, relation: np.ndarray, same: np.ndarray) -> dict[str, dict[str, float]]:
    return {
        r: {"auc": auc(values[relation == r], values[~same]), "tpr": reach(values[relation == r], values[~same], 0.01)}
        for r in SAME
    }


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default=os.environ.get("BLACKBOX_RELATED_SIZES", ",".join(map(str, SIZES))))
    parser.add_argument("--embeddings", type=int, default=0, metavar="N", help="read embeddings up to N prompts")
    asked = parser.parse_args()
    sizes = sorted({int(s) for s in asked.sizes.split(",")})
    where = folder()
    if not (where / "alpaca-dev.parquet").is_file():
        print(f"bench_related: skipped, no data in {where}")
        return
    data = loaded(where, sizes[-1])
    started = process_time()
    with threadpool_limits(1):
        scores = scores_by_size(data, sizes)
        seconds = process_time() - started
        found = {str(size): {"ours": ours(data, scores[size]), "peers": peers(data, size)} for size in sizes}
        short = [size for size in sizes if size <= asked.embeddings]
        if short:
            vectors = embedded(data, short[-1])
            scores = scores_by_size(data, short, vectors)
            for size in short:
                found[str(size)] |= {"ours_with_embeddings": ours(data, scores[size])}
                found[str(size)]["peers"] = peers(data, size, vectors)
    for size, entry in found.items():
        own = entry["ours"]
        loss = own["cllr_uncapped"]
        print(
            f"{size:>4} prompts: AUC {own['auc']:.4f}, TPR at 1 % {own['tpr_at_1_percent']:.2f}, realised "
            f"{own['realised_rate_at_nominal_1_percent']:.2%}, C_llr {loss['total']:.3f} "
            f"(calibration {loss['calibration']:.3f})"
        )
        if "ours_with_embeddings" in entry:
            more = entry["ours_with_embeddings"]
            print(f"       with embeddings: AUC {more['auc']:.4f}, TPR at 1 % {more['tpr_at_1_percent']:.2f}")
        for name, reached in entry["peers"].items():
            print(f"       {name:<26} AUC {reached['auc']:.4f}, TPR at 1 % {reached['tpr_at_1_percent']:.2f}")
    counts = {"n_models": len(data.models), "n_groups": len(data.lineage.fold), "n_pairs": len(data.lineage.pairs)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cost = {"sizes": sizes, "processor_seconds_scoring": seconds, "peak_mib_with_peers": peak}
    recorded_more("related", {"seed": SEED, **counts}, {"by_n_prompts": found, "passes": {str(sizes[-1]): cost}})


if __name__ == "__main__":
    main()
