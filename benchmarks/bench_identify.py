"""Which: false attributions of models outside the library, and how often one inside is found, by lineage group.

On recorded answers of models of known lineage (`../shared/data` beside the repository, or `BLACKBOX_DATA`), 50 prompts,
one answer each. *Open set*: a model is the suspect, its whole lineage group out of the library. *Closed set*: the rest
of its group stays in. `library`: every model in turn, everything calibrated on the library; overlaps are computed once
over all models, what depends on the library (centring, S-norm, rejection, second candidates) for each suspect; the test
whether prompts are read is left out (every model reads them). `ensembles`: the same, suspects whose every answer is
copied from one of several library members of different groups, drawn anew for each prompt. `made_up`: constants and
generators, and `population`: a population of half of the groups, suspects and libraries of the other half (open set:
one model of every second group); both by `identify` itself. Attribution to a model that is not labelled unrelated (a
sibling, a vendor's other model, unknown lineage) is counted apart. Groups weigh equally. Words after the command name
parts to measure.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections import defaultdict
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from _results import record

from blackbox import registry, suites
from blackbox.evidence import landscape
from blackbox.evidence.identification import ALPHA
from blackbox.store import TableFields, read_run
from blackbox.workflow import _identify_rivals as rivals
from blackbox.workflow import _identify_scores as prompts
from blackbox.workflow._calibrate_labels import Sides
from blackbox.workflow.calibrating import CalibrateRequest, calibrate
from blackbox.workflow.identifying import IdentifyRequest, identify
from blackbox.workflow.importing import import_table

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from blackbox.core import Run

    Relations = dict[frozenset[str], str]
    Runs = dict[str, tuple[Run, Path]]
    Tally = dict[str, dict[str, list[float]]]

DATA = Path(os.environ.get("BLACKBOX_DATA", Path(__file__).parents[2] / "shared" / "data"))
N_PROMPTS, N_MADE_UP, N_ENSEMBLES, SEED = 50, 3, 20, 20260301
ENSEMBLES = ((0.5, 0.5), (0.7, 0.3), (0.85, 0.15), (1 / 3,) * 3, (0.6, 0.2, 0.2), (0.2,) * 5)
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


def judged(shared: list[np.ndarray], groups: list[int]) -> tuple[rivals.Judged, list[dict[str, Any]]]:
    """Return a suspect (first place) beside its library, and the candidates best first."""
    numbers = np.array(groups)
    other = numbers[:, None] != numbers[None, :]
    ids = tuple(f"{i:03d}" for i in range(len(shared[0])))
    by_probe = [
        prompts.ProbeScores(
            form="open", probe_ids=ids, values=np.stack([landscape.centred_overlap(s, other) for s in own])
        )
        for own in shared
    ]
    field = prompts.Field(runs=(None,) * len(groups), groups=tuple(groups), features={})  # type: ignore[arg-type]
    found = rivals.Judged(field=field, by_probe=by_probe, scores=prompts.scores_of(by_probe, field), against=None)
    order = sorted(range(1, len(groups)), key=lambda i: -found.scores[0, i])
    return found, [{"place": i, "endpoint": str(i), "score": float(found.scores[0, i])} for i in order]


def end_of(found: rivals.Judged, rows: list[dict[str, Any]]) -> str:
    """Return how `identify` would end."""
    if rivals.rejection_of(rows[0], found).pvalue > ALPHA:
        return "rejected"
    return "attributed" if rivals.rival_of(rows[0], rows[1:], found) is None else "two unrelated candidates"


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
            index = np.ix_([i, *library], [i, *library])
            found, rows = judged(
                [own[(slice(None), *index)] for own in shared], [-1, *(hash_of(group[names[j]]) for j in library)]
            )
            best = library[rows[0]["place"] - 1]
            taken = end_of(found, rows) == "attributed"
            told = relation.get(frozenset((name, names[best])))
            top = [library[row["place"] - 1] in kin for row in rows[:3]]
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


def ensembles(shared: list[np.ndarray], names: list[str], group: dict[str, str]) -> dict[str, Any]:
    """Return how suspects end that copy each answer from a member drawn by shares, all members in the library."""
    rng = np.random.default_rng(SEED)
    numbers = [hash_of(group[n]) for n in names]
    found = {}
    for shares in ENSEMBLES:
        ends: dict[str, int] = defaultdict(int)
        for _ in range(N_ENSEMBLES):
            held = rng.choice(sorted(set(numbers)), len(shares), replace=False)
            members = [int(rng.choice(np.flatnonzero(np.array(numbers) == g))) for g in held]
            who = rng.choice(members, size=len(shared[0]), p=shares)
            ends[end_of(*judged([copied(own, who) for own in shared], [-1, *numbers]))] += 1
        found[" / ".join(f"{share:.0%}" for share in shares)] = {"n": N_ENSEMBLES, **ends}
        print(found, flush=True)
    return found


def copied(overlap: np.ndarray, who: np.ndarray) -> np.ndarray:
    """Return `(P, 1 + R, 1 + R)` overlaps with a suspect before all that copies one run's answer at each probe."""
    rows = overlap[np.arange(len(who)), who]
    made = np.pad(overlap, ((0, 0), (1, 0), (1, 0)))
    made[:, 0, 1:] = made[:, 1:, 0] = rows
    made[:, 0, 0] = 1
    return made


def with_made_up(answers: pd.DataFrame, group: dict[str, str]) -> pd.DataFrame:
    """Return the answers of made-up endpoints beside the models': constants, generators, and ensembles of two."""
    import pandas as pd

    rng = random.Random(SEED)  # noqa: S311 - made-up endpoints
    text = {(m, p): t or "x" for m, p, t in zip(answers.model, answers.prompt_id, answers.output, strict=True)}
    models, asked = sorted(set(answers.model) & set(group)), answers.drop_duplicates("prompt_id")
    words = sorted({w for m in models for w in text.get((m, asked.prompt_id.iloc[0]), "").split()})
    parts = []
    for i in range(N_MADE_UP):
        same = rng.choice(sorted(text.values()))
        said = {f"made-up constant {i}": [same] * len(asked)}
        said[f"made-up generator {i}"] = [" ".join(rng.choices(words, k=150)) for _ in range(len(asked))]
        parts += [asked.assign(model=name, output=own) for name, own in said.items()]
    return pd.concat([answers, *parts])


def made_up(folder: Path, runs: Runs, library: list[str]) -> dict[str, Any]:
    """Return how `identify` ends for made-up suspects."""
    ends: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for name in sorted(n for n in runs if n.startswith("made-up")):
        ends[name.split()[1]][said_of(folder, runs, name, library, None)["reason"].split(" (")[0]] += 1
    return {kind: {"n": sum(own.values()), **own} for kind, own in ends.items()}


def said_of(folder: Path, runs: Runs, name: str, library: list[str], population: Path | None) -> dict[str, Any]:
    """Return what `identify` says of a suspect."""
    request = IdentifyRequest(
        suspect=str(runs[name][1]),
        library=tuple(str(runs[other][1]) for other in library),
        created_at=datetime.now(UTC),
        population=population,
        groups=folder / "groups.csv",
    )
    return identify(folder / "results", request)


def by_population(folder: Path, runs: Runs, group: dict[str, str], relation: Relations) -> dict[str, Any]:
    """Return the same with a population of half of the groups, suspects and libraries of the other half."""
    kin = sorted({group[m] for pair, r in relation.items() if r in SAME for m in pair if m in runs})
    rest = sorted({group[m] for m in runs if m in group} - set(kin))
    rng = np.random.default_rng(SEED)
    dealt = [*rng.permutation(kin), *rng.permutation(rest)]
    known, held = set(dealt[0::2]), set(dealt[1::2])
    pairs = folder / "pairs.csv"
    rows = [(*sorted(pair), r) for pair, r in relation.items() if len(pair) == 2]
    pairs.write_text("a,b,relation\n" + "".join(f'"{a}","{b}",{r}\n' for a, b, r in rows), encoding="utf-8")
    request = CalibrateRequest(
        runs=tuple(str(path) for name, (_, path) in runs.items() if group.get(name) in known),
        pairs=pairs,
        groups=folder / "groups.csv",
        sides=Sides(same=SAME, different=DIFFERENT),
        out=folder / "population.json",
        created_at=datetime.now(UTC),
    )
    calibrate(folder / "results", request, lambda _: None)
    suspects = sorted(name for name in runs if group.get(name) in held)
    first = {group[name]: name for name in reversed(suspects)}
    opened = {first[g] for g in sorted(first)[::2]}
    tally: Tally = defaultdict(lambda: defaultdict(list))
    for name in suspects:
        related = {o for o in suspects if relation.get(frozenset((name, o))) in SAME}
        strangers = [o for o in suspects if group[o] != group[name]]
        if name in opened:
            note(said_of(folder, runs, name, strangers, request.out), name, group[name], relation, tally, closed=False)
        if related:
            everybody = [o for o in suspects if o != name]
            note(said_of(folder, runs, name, everybody, request.out), name, group[name], relation, tally, closed=True)
    return {
        "population_groups": len(known),
        "held_groups": len(held),
        **{kind: rates(notes) for kind, notes in tally.items()},
    }


def note(said: dict[str, Any], name: str, own: str, relation: Relations, tally: Tally, *, closed: bool) -> None:
    """Count one suspect of the group `own`."""
    order = [row["endpoint"] for row in said["candidates"]]
    told, taken = relation.get(frozenset((name, order[0]))), said["attributed_to"] is not None
    if not closed:
        tally["open"]["false, unrelated " + own].append(float(taken and told in DIFFERENT))
        tally["open"]["to others " + own].append(float(taken and told not in DIFFERENT))
        return
    kin = [relation.get(frozenset((name, other))) in SAME for other in order]
    tally["closed"]["top 1 " + own].append(float(kin[0]))
    tally["closed"]["top 3 " + own].append(float(any(kin[:3])))
    tally["closed"]["attributed rightly " + own].append(float(taken and kin[0]))
    tally["closed"]["attributed wrongly " + own].append(float(taken and told in DIFFERENT))


def main() -> int:
    """Measure and write; says so where the data are not there."""
    if not (DATA / "alpaca-dev.parquet").is_file():
        print(f"skipped: no recorded answers in {DATA}")
        return 0
    answers, group, relation = tables()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = imported(folder, with_made_up(answers, group))
        lineage = "".join(f'"{m}","{g}"\n' for m, g in group.items())
        (folder / "groups.csv").write_text("model,group\n" + lineage, encoding="utf-8")
        excluded = {m for pair, r in relation.items() if r == "EXCLUDED" for m in pair}
        core = {m for pair, r in relation.items() if r != "EXCLUDED" for m in pair}
        names = sorted(m for m in runs if m in group and (m in core or m not in excluded))
        own = {m: runs[m] for m in names}
        found: dict[str, Any] = {"n_models": len(names), "n_prompts": N_PROMPTS, "seed": SEED}
        shared = lru_cache(lambda: overlaps([runs[m][0] for m in names]))
        parts: dict[str, Callable[[], dict[str, Any]]] = {
            "library": lambda: by_library(shared(), names, group, relation),
            "ensembles": lambda: ensembles(shared(), names, group),
            "made_up": lambda: made_up(folder, runs, names),
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
