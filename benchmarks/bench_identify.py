"""Which: false attributions of models outside the library, and how often one inside is found, by lineage group.

On recorded answers of models of known lineage (`../shared/data` beside the repository, or `BLACKBOX_DATA`), 50 prompts,
one answer each. *Open set*: every model in turn is the suspect, its whole lineage group out of the library. *Closed
set*: the rest of its group stays in. Without a population everything is calibrated on the library; with one, the
population is built from half of the groups and the suspects and libraries are of the other half. Attribution to a model
that is not labelled unrelated (a sibling, a vendor's other model, unknown lineage) is counted apart. Made-up endpoints
(constants, generators, ensembles that answer every second prompt as another model) are suspects too. Groups weigh
equally. Overlaps are computed once over all models; what depends on the library (centring, S-norm, rejection) is
computed for each suspect. Words after the command name parts to measure: library, made_up, population.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from _results import record

from blackbox import registry, suites
from blackbox.core import Outcome
from blackbox.evidence import landscape
from blackbox.evidence.identification import ALPHA, normed_scores, rejection_by_library
from blackbox.store import TableFields, read_run
from blackbox.workflow import _identify_scores as prompts
from blackbox.workflow._calibrate_labels import Sides
from blackbox.workflow._identify_ratios import against_population
from blackbox.workflow.calibrating import CalibrateRequest, calibrate
from blackbox.workflow.importing import import_table

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from blackbox.core import Run
    from blackbox.workflow._identify_ratios import Against

    Relations = dict[frozenset[str], str]
    Runs = dict[str, tuple[Run, Path]]
    Tally = dict[str, dict[str, list[float]]]

DATA = Path(os.environ.get("BLACKBOX_DATA", Path(__file__).parents[2] / "shared" / "data"))
N_PROMPTS, N_MADE_UP, SEED = 50, 3, 20260301
SAME, DIFFERENT = ("SAME_WEIGHTS", "DERIVED_CLOSE"), ("UNRELATED",)
GRAMS = ("word3", "char5")


def tables() -> tuple[pd.DataFrame, dict[str, str], Relations]:
    """Return the answers to 50 prompts, the group of each model and the relation of each two."""
    import pandas as pd

    answers = pd.read_parquet(DATA / "alpaca-dev.parquet")
    chosen = np.random.default_rng(SEED).choice(sorted(answers.prompt_id.unique()), N_PROMPTS, replace=False)
    lineage = pd.read_csv(DATA / "alpaca-dev-lineage.csv")
    pairs = pd.read_csv(DATA / "alpaca-dev-pairs.csv")
    relation = {frozenset((a, b)): r for a, b, r in pairs[["a", "b", "relation"]].itertuples(index=False)}
    return answers[answers.prompt_id.isin(chosen)], dict(zip(lineage.model, lineage.group, strict=True)), relation


def imported(folder: Path, answers: pd.DataFrame) -> Runs:
    """Return each model's run and its folder."""
    answers.to_parquet(folder / "t.parquet")
    fields = TableFields(prompt="instruction", response="output", id="prompt_id", model="model")
    made = import_table(
        folder / "t.parquet", fields, suite_name="dev", results=folder / "results", now=lambda: datetime.now(UTC)
    )
    return {run.endpoint: (read_run(run.path, to_suite=suites.from_document), run.path) for run in made}


def overlaps(runs: list[Run]) -> list[np.ndarray]:
    """Return `(P, R, R)` weighted overlaps of each gram feature, as `identify` computes them."""
    probes = frozenset(probe.id for probe in runs[0].suite.probes)
    found = []
    for feature in GRAMS:
        held = [landscape.grams_by_probe(registry.feature(feature).extract(run, probes)) for run in runs]
        names = sorted({probe for own in held for probe in own})
        found.append(np.stack([landscape.weighted_overlap([own.get(probe) for own in held]) for probe in names]))
    return found


def judged(shared: list[np.ndarray], places: list[int], groups: list[int]) -> tuple[np.ndarray, list[int]]:
    """Return the scores of the suspect (first place) with its library, candidates best first."""
    numbers = np.array(groups)
    other = numbers[:, None] != numbers[None, :]
    index = np.ix_(places, places)
    averages = [np.nanmean([landscape.centred_overlap(s[index], other) for s in own], axis=0) for own in shared]
    scores = normed_scores(averages, groups)
    order = sorted(range(1, len(places)), key=lambda i: -scores[0, i])
    return scores, order


def by_library(
    shared: list[np.ndarray], names: list[str], group: dict[str, str], relation: Relations
) -> dict[str, Any]:
    """Return open-set and closed-set rates, groups weighing equally."""
    tally: Tally = defaultdict(lambda: defaultdict(list))
    for i, name in enumerate(names):
        kin = {j for j, other in enumerate(names) if relation.get(frozenset((name, other))) in SAME}
        for kind, library in (
            ("open", [j for j, other in enumerate(names) if group[other] != group[name]]),
            ("closed", [j for j in range(len(names)) if j != i]),
        ):
            if kind == "closed" and not kin:
                continue
            scores, order = judged(shared, [i, *library], [-1, *(hash_of(group[names[j]]) for j in library)])
            best = library[order[0] - 1]
            groups = [-1, *(hash_of(group[names[j]]) for j in library)]
            taken = rejection_by_library(scores, groups, float(scores[0, order[0]])).pvalue <= ALPHA
            told = relation.get(frozenset((name, names[best])))
            top = [library[j - 1] in kin for j in order[:3]]
            note = tally[kind]
            if kind == "open":
                note["false, unrelated " + group[name]].append(float(taken and told in DIFFERENT))
                note["to others " + group[name]].append(float(taken and told not in DIFFERENT))
            else:
                note["top 1 " + group[name]].append(float(top[0]))
                note["top 3 " + group[name]].append(float(any(top)))
                note["attributed rightly " + group[name]].append(float(taken and top[0]))
                note["attributed wrongly " + group[name]].append(float(taken and told in DIFFERENT))
    return {kind: rates(notes) for kind, notes in tally.items()}


def hash_of(text: str) -> int:
    """Return a number of a group's name."""
    return int.from_bytes(text.encode()[:6].ljust(6), "big") * 1009 + sum(text.encode())


def rates(notes: dict[str, list[float]]) -> dict[str, Any]:
    """Return the mean of each measure over groups, with the number of suspects and groups."""
    found: dict[str, list[float]] = defaultdict(list)
    n: dict[str, int] = defaultdict(int)
    for name, values in notes.items():
        measure = name.rsplit(" ", 1)[0]
        found[measure].append(float(np.mean(values)))
        n[measure] += len(values)
    return {
        measure: {"rate": float(np.mean(own)), "n_groups": len(own), "n_suspects": n[measure]}
        for measure, own in found.items()
    }


def by_population(folder: Path, runs: Runs, group: dict[str, str], relation: Relations) -> dict[str, Any]:
    """Return the same with a population of half of the groups, suspects and libraries of the other half."""
    kin = sorted({group[m] for pair, r in relation.items() if r in SAME for m in pair if m in runs})
    rest = sorted({group[m] for m in runs} - set(kin))
    rng = np.random.default_rng(SEED)
    dealt = [*rng.permutation(kin), *rng.permutation(rest)]
    known, held = set(dealt[0::2]), set(dealt[1::2])
    lineage, pairs = folder / "groups.csv", folder / "pairs.csv"
    lineage.write_text("model,group\n" + "".join(f'"{m}","{g}"\n' for m, g in group.items()), encoding="utf-8")
    rows = [(*sorted(pair), r) for pair, r in relation.items() if len(pair) == 2]
    pairs.write_text("a,b,relation\n" + "".join(f'"{a}","{b}",{r}\n' for a, b, r in rows), encoding="utf-8")
    request = CalibrateRequest(
        runs=tuple(str(path) for name, (_, path) in runs.items() if group[name] in known),
        pairs=pairs,
        groups=lineage,
        sides=Sides(same=SAME, different=DIFFERENT),
        out=folder / "population.json",
        created_at=datetime.now(UTC),
    )
    calibrate(folder / "results", request, lambda _: None)
    suspects = sorted(name for name in runs if group[name] in held)
    paths = {run.id: path for run, path in runs.values()}
    tally: Tally = defaultdict(lambda: defaultdict(list))
    for name in suspects:
        others = [other for other in suspects if other != name]
        against = against_population(request.out, runs[name][0], [runs[o][0] for o in others], paths)
        assert against is not None
        value = {o: r.get("uncapped_log10_lr") for o, r in zip(others, against.ratios, strict=True)}
        note_population(name, value, against, group, relation, tally)
    return {
        "population_groups": len(known),
        "held_groups": len(held),
        **{kind: rates(notes) for kind, notes in tally.items()},
    }


def note_population(
    name: str,
    value: dict[str, float | None],
    against: Against,
    group: dict[str, str],
    relation: Relations,
    tally: Tally,
) -> None:
    """Count one suspect with and without its group in the library."""
    kin = {o for o in value if relation.get(frozenset((name, o))) in SAME}
    for kind in ("open", "closed") if kin else ("open",):
        library = [o for o, v in value.items() if v is not None and (kind == "closed" or group[o] != group[name])]
        order = sorted(library, key=lambda o: -float(value[o] or 0.0))
        n = len({group[o] for o in library})
        best = order[0]
        taken = against.rejection(value[best], n).pvalue <= ALPHA and float(value[best] or 0.0) > 0
        told = relation.get(frozenset((name, best)))
        note = tally[kind]
        if kind == "open":
            note["false, unrelated " + group[name]].append(float(taken and told in DIFFERENT))
            note["to others " + group[name]].append(float(taken and told not in DIFFERENT))
        else:
            note["top 1 " + group[name]].append(float(best in kin))
            note["top 3 " + group[name]].append(float(any(o in kin for o in order[:3])))
            note["attributed rightly " + group[name]].append(float(taken and best in kin))
            note["attributed wrongly " + group[name]].append(float(taken and told in DIFFERENT))


def made_up(runs: Runs, group: dict[str, str]) -> dict[str, Any]:
    """Return how many made-up suspects are attributed, of how many."""
    rng = random.Random(SEED)  # noqa: S311 - made-up endpoints
    names = sorted(runs)
    words = sorted({w for run, _ in runs.values() for o in run.observations[:5] if o.text for w in o.text.split()})
    first = runs[names[0]][0]
    texts = [o.text or "x" for name in names for o in runs[name][0].observations[:1]]
    suspects: dict[str, list[Run]] = {"constant": [], "generator": [], "ensemble": []}
    for _ in range(N_MADE_UP):
        same = rng.choice(texts)
        suspects["constant"].append(spoken(first, lambda _, t=same: t))
        suspects["generator"].append(spoken(first, lambda _: " ".join(rng.choices(words, k=150))))
        a, b = rng.sample(names, 2)
        by_probe = [{o.probe_id: o for o in runs[x][0].observations} for x in (a, b)]
        suspects["ensemble"].append(
            replace(
                first,
                observations=tuple(by_probe[i % 2].get(o.probe_id, o) for i, o in enumerate(first.observations)),
            )
        )
    return {kind: outcome(own, [runs[n][0] for n in names], names, group) for kind, own in suspects.items()}


def spoken(run: Run, say: Callable[[str], str]) -> Run:
    """Return the run with other words."""
    return replace(
        run,
        id=f"{run.id}-made-up",
        observations=tuple(replace(o, outcome=Outcome.OK, text=say(o.probe_id)) for o in run.observations),
    )


def outcome(suspects: list[Run], library: list[Run], names: list[str], group: dict[str, str]) -> dict[str, int]:
    """Return how the suspects end: by the prompt test, by the rejection, by a rival, or attributed."""
    ends: dict[str, int] = defaultdict(int)
    numbers = {g: i for i, g in enumerate(sorted(set(group.values())))}
    groups = (-1, *(numbers[group[n]] for n in names))
    probes = frozenset(probe.id for probe in library[0].suite.probes)
    features = {f: [registry.feature(f).extract(run, probes) for run in library] for f in GRAMS}
    for suspect in suspects:
        own = {f: [registry.feature(f).extract(suspect, probes), *m] for f, m in features.items()}
        field = prompts.Field(runs=(suspect, *library), groups=groups, features=own)
        dependence = prompts.dependence_of(field, seed=SEED)
        if dependence is not None and dependence.independent:
            ends["answers do not depend on the prompts"] += 1
            continue
        scores = prompts.scores_of(field)
        order = np.argsort(-scores[0, 1:]) + 1
        best = int(order[0])
        if rejection_by_library(scores, groups, float(scores[0, best])).pvalue > ALPHA:
            ends["rejected"] += 1
            continue
        kept = [i for i, g in enumerate(groups) if g != groups[best]]
        rival = next(i for i in order if groups[i] != groups[best])
        rare = rejection_by_library(scores[np.ix_(kept, kept)], [groups[i] for i in kept], float(scores[0, rival]))
        two = rare.pvalue <= ALPHA and scores[best, rival] < min(scores[0, best], scores[0, rival])
        ends["two unrelated candidates" if two else "attributed"] += 1
    return {"n": len(suspects), **ends}


def main() -> int:
    """Measure and write; says so where the data are not there."""
    if not (DATA / "alpaca-dev.parquet").is_file():
        print(f"skipped: no recorded answers in {DATA}")
        return 0
    answers, group, relation = tables()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = imported(folder, answers)
        excluded = {m for pair, r in relation.items() if r == "EXCLUDED" for m in pair}
        core = {m for pair, r in relation.items() if r != "EXCLUDED" for m in pair}
        names = sorted(m for m in runs if m in core or m not in excluded)
        own = {m: runs[m] for m in names}
        found: dict[str, Any] = {"n_models": len(names), "n_prompts": N_PROMPTS, "seed": SEED}
        parts: dict[str, Callable[[], dict[str, Any]]] = {
            "library": lambda: by_library(overlaps([runs[m][0] for m in names]), names, group, relation),
            "made_up": lambda: made_up(own, group),
            "population": lambda: by_population(folder, own, group, relation),
        }
        for name_of_part in sys.argv[1:] or parts:
            found[name_of_part] = parts[name_of_part]()
            print(name_of_part, found[name_of_part], flush=True)
            # Kept after every part: a long one that is stopped takes nothing with it.
            record("identify", found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
