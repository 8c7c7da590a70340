"""*Related* against a stored population: bounded likelihood ratios, or the reason why there is none."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from blackbox.core import plain
from blackbox.errors import EvidenceDamaged, UsageError
from blackbox.evidence import ratio_words
from blackbox.evidence.document import RelatedEvidence, claimed_model
from blackbox.evidence.kin_scores import Scored, Wanted, contexts_of, scored
from blackbox.evidence.population import Population, Ratio, headline, ratios
from blackbox.store.populations import read_population
from blackbox.workflow._kinship_rows import (
    HASH,
    ProbeRows,
    feature_model,
    features_of,
    matrix_of,
    probes_of,
    reference_signals,
    short_rows,
    similarities,
    unpacked_rows,
)
from blackbox.workflow._population_conditions import applicability
from blackbox.workflow._telling_answers import Telling, telling_answers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from blackbox.core import ReferenceSignal, Run
    from blackbox.workflow._compare_groups import Group, Pair
    from blackbox.workflow._population_conditions import Applies

LR_SHOWN = (10, 100)
ONE_ENDPOINT = "two runs of one endpoint: they are each other's repeat control"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Material:
    """A group of runs beside a population: whose probes are whose, and the folds the runs belong to."""

    group: Group
    population: Population
    signals: Mapping[str, ReferenceSignal]
    probe_ids: tuple[str, ...]
    fold: tuple[int | None, ...]


def open_population(path: Path) -> Population:
    """Return a population whose signals are those of this version.

    Raises:
        UsageError: There is none, or it was made with signals of other versions.
        EvidenceDamaged: It is damaged or was changed.
    """
    document, arrays = read_population(path)
    population = Population(document=document, arrays=arrays)
    try:
        _check_versions(population, path)
        _check_arrays(population)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise EvidenceDamaged(f"{path} is no whole population: {error}") from None
    return population


def _check_versions(population: Population, path: Path) -> None:
    known = reference_signals()
    if population.document["hash"]["name"] != HASH["name"]:
        raise UsageError(f"{path} holds hashes of another kind; calibrate again with this version")
    for entry in population.document["signals"]:
        name, version = entry["signal"], entry["version"]
        if name not in known or known[name].info.version != version:
            raise UsageError(f"{path} was made with signal {name} v{version}: calibrate again with this version")
        if entry.get("model_digest") != feature_model(entry["feature"]).get("model_digest"):
            raise UsageError(f"{path} holds what another model than ours made of the answers: calibrate again")


def _check_arrays(population: Population) -> None:
    """Check that the parts a comparison reads are there and fit each other; `verify` also fits every number again."""
    population_summary(population)
    population.fit(())
    most = {"reference": len(population.reference_folds), "probe": len(population.document["probes"])}
    for feature in {entry["feature"] for entry in population.document["signals"]}:
        rows = {n: population.arrays[f"rows/{feature}/{n}"] for n in ("values", "lengths", "reference", "probe")}
        n = len(rows["lengths"])
        if any(values.dtype.kind != "u" or values.ndim != 1 for values in rows.values()):
            raise ValueError(f"the rows of {feature} are no codes")
        if len(rows["values"]) != int(rows["lengths"].sum()) or n != len(rows["reference"]) or n != len(rows["probe"]):
            raise ValueError(f"the rows of {feature} do not add up")
        if any(int(rows[name].max(initial=0)) >= least for name, least in most.items()):
            raise ValueError(f"the rows of {feature} name references or probes that are not there")


def population_summary(population: Population) -> dict[str, Any]:
    """Return what a report says of a population once, whatever the number of pairs."""
    document = population.document
    alternatives = [n for n in ("unrelated", "sibling") if document["performance"][n]]
    return {
        "name": document["name"],
        "digest": population.digest,
        "suite": document["suite"],
        "counts": document["counts"],
        "bounds": document["bounds"],
        "cllr": {n: document["performance"][n]["cllr"] for n in alternatives},
        "cllr_uncapped": {n: document["performance"][n]["cllr_uncapped"] for n in alternatives},
        "misleading": document["performance"]["unrelated"]["misleading"],
        "tippett": _points(document["performance"]["unrelated"]["tippett"]),
        "calibration_curve": document["performance"]["unrelated"]["calibration_curve"],
        "sibling_reason": document["reasons"]["sibling"],
        "separates": [ratio_words.SEPARATES[n] for n in alternatives],
        "cannot_separate": list(ratio_words.CANNOT_SEPARATE),
        "note": document["note"],
        "collected_from": document["conditions"]["collected_from"],
        "collected_to": document["conditions"]["collected_to"],
        "languages": sorted({str(probe["language"]) for probe in document["probes"]}),
    }


def _points(curves: Mapping[str, Sequence[float]]) -> list[dict[str, float]]:
    """Return curves over one grid, point by point."""
    return [dict(zip(curves, values, strict=True)) for values in zip(*curves.values(), strict=True)]


def population_evidence(
    group: Group, population: Population, paths: Mapping[str, Path], *, chosen: str | None, detailed: bool
) -> list[RelatedEvidence]:
    """Return the ratio of each pair against a population.

    Args:
        group: The runs and pairs.
        population: The population.
        paths: Folder of each run by id.
        chosen: How the pair came to be chosen, in the user's words.
        detailed: Whether to say which answers and phrases speak for kinship.
    """
    material = _material(group, population)
    if not material.probe_ids:
        reason = f"the population {population.document['name']!r} is of other questions (suite {_suite(population)})"
        return [_nothing(population, reason, pair, material, chosen) for pair in group.pairs]
    wanted = [_wanted(material, pair) for pair in group.pairs]
    rows = _rows(material, paths)
    by_pair = _scored(material, rows, wanted)
    found = [_evidence(material, *each, chosen) for each in zip(group.pairs, wanted, by_pair, strict=True)]
    told = _told(material, rows, wanted) if detailed and "w3" in material.signals else []
    return [
        replace(each, ratio={**(each.ratio or {}), "telling": told[i] if told else None})
        for i, each in enumerate(found)
    ]


def uncapped_on(group: Group, population: Population, paths: Mapping[str, Path], probes: frozenset[str]) -> list[float]:
    """Return each pair's uncapped ratio from some of the first run's probes; NaN where there is none.

    Scores are normalised on the same probes, so that unrelated pairs score alike on few and many.
    """
    material, names = _material(group, population), _names(group.runs[0], population)
    asked = {names[probe] for probe in probes if probe in names}
    if not asked:
        return [math.nan] * len(group.pairs)
    material = replace(material, probe_ids=tuple(probe for probe in material.probe_ids if probe in asked))
    wanted = [_wanted(material, pair) for pair in group.pairs]
    found = _scored(material, _rows(material, paths), wanted)
    return [
        math.nan if _silent(material, each) else headline(ratios(population, _known(each), one.left)).uncapped
        for each, one in zip(found, wanted, strict=True)
    ]


def _told(material: _Material, rows: Mapping[str, list[ProbeRows]], wanted: Sequence[Wanted]) -> list[dict[str, Any]]:
    w3 = material.signals["w3"]
    given = Telling(
        runs=material.group.runs,
        probe_names=[_names(run, material.population) for run in material.group.runs],
        rows=rows[w3.info.feature],
        fold_of_reference=material.population.reference_folds,
        probe_ids=_probes_of(material, w3),
    )
    return telling_answers(given, w3, wanted)


def _suite(population: Population) -> str:
    suite = population.document["suite"]
    return f"{suite['name']} v{suite['version']}"


def _material(group: Group, population: Population) -> _Material:
    """Match probes by the digest of their words: imported suites may name one prompt differently."""
    known = reference_signals()
    stated = {str(p["digest"]): str(p["id"]) for p in population.document["probes"]}
    asked = {probe.digest for run in group.runs for probe in run.suite.probes}
    folds = population.fold_of_model
    return _Material(
        group=group,
        population=population,
        signals={name: known[name] for name in population.signals},
        probe_ids=tuple(i for d, i in stated.items() if d in asked),
        fold=tuple(folds.get(run.manifest.endpoint_name) for run in group.runs),
    )


def _wanted(material: _Material, pair: Pair) -> Wanted:
    n = len(material.population.reference_folds)
    left = {fold for fold in (material.fold[pair.a], material.fold[pair.b]) if fold is not None}
    return Wanted(a=n + pair.a, b=n + pair.b, left=tuple(sorted(left)))


def _rows(material: _Material, paths: Mapping[str, Path]) -> dict[str, list[ProbeRows]]:
    """Return each feature's rows of the references, then of the group's runs."""
    population = material.population
    rows: dict[str, list[ProbeRows]] = {}
    for feature in features_of(material.signals):
        of_runs = [_run_rows(run, paths[run.id], feature, population) for run in material.group.runs]
        rows[feature] = [*unpacked_rows(population, feature), *of_runs]
    return rows


def _scored(material: _Material, rows: Mapping[str, list[ProbeRows]], wanted: Sequence[Wanted]) -> list[Scored]:
    folds = material.population.reference_folds
    contexts = contexts_of(wanted, range(len(folds)), folds)
    probes = {
        name: similarities(s, rows[s.info.feature], _probes_of(material, s), lambda _: None)
        for name, s in material.signals.items()
    }
    return scored(probes, contexts, wanted)


def _probes_of(material: _Material, signal: ReferenceSignal) -> list[str]:
    stated = {str(p["id"]): str(p["form"]) for p in material.population.document["probes"]}
    return probes_of(signal, {probe: stated[probe] for probe in material.probe_ids})


def _n_answered(material: _Material, found: Scored) -> int:
    """Return how many of the population's probes both answered, by the signal that found fewest."""
    stated = [str(p["form"]) for p in material.population.document["probes"]]
    shares = [
        found.n_probes[name] / sum(form in s.info.forms for form in stated)
        for name, s in material.signals.items()
        if not s.info.needs
    ]
    return int(min(shares, default=0.0) * len(stated) + 1e-9)


def _names(run: Run, population: Population) -> dict[str, str]:
    """Return the population's name of each of a run's probes that it knows."""
    stated = {str(p["digest"]): str(p["id"]) for p in population.document["probes"]}
    return {probe.id: stated[probe.digest] for probe in run.suite.probes if probe.digest in stated}


def _run_rows(run: Run, path: Path, feature: str, population: Population) -> ProbeRows:
    """Return a run's rows under the population's names of the probes."""
    name = _names(run, population)
    rows = short_rows(matrix_of(run, path, feature, frozenset(name)), int(population.document["repeats"]))
    return {name[probe]: own for probe, own in rows.items()}


def _evidence(material: _Material, pair: Pair, wanted: Wanted, found: Scored, chosen: str | None) -> RelatedEvidence:
    runs = [material.group.runs[i] for i in (pair.a, pair.b)]
    conditions = applicability(material.population.document, runs, _n_answered(material, found))
    own = material.group.endpoints
    reason = ONE_ENDPOINT if own[pair.a] == own[pair.b] else _no_ratio(material, runs, found, conditions)
    by_alternative = [] if reason else ratios(material.population, _known(found), wanted.left)
    return RelatedEvidence(
        score=found.score,
        rank_pvalue=found.rank_pvalue,
        n_references=found.n_references,
        reason=reason,
        signals=[_signal(material, name, found) for name in material.population.signals],
        ratio=_ratio_entry(material.population, by_alternative)
        | _context_entry(material, runs, conditions, chosen, found),
        sentence=_sentence(material.population, by_alternative, reason),
    )


def _known(found: Scored) -> list[float]:
    return [0.0 if z is None else z for z in found.z.values()]


def _silent(material: _Material, found: Scored) -> bool:
    """Return whether a signal that needs no more than answers has no score."""
    return any(z is None and not material.signals[name].info.needs for name, z in found.z.items())


def _no_ratio(material: _Material, runs: Sequence[Run], found: Scored, conditions: Sequence[Applies]) -> str | None:
    name = material.population.document["name"]
    suite = material.population.document["suite"]
    if any(run.suite.origin != "imported" for run in runs) and any(run.suite.digest != suite["digest"] for run in runs):
        return f"the population {name!r} does not apply: it is of another version of these questions"
    if _silent(material, found):
        return "the two have no answers at a common probe of the population"
    unmet = [c for c in conditions if c.state == "unmet"]
    if unmet:
        return f"the population {name!r} does not apply: {unmet[0].name}, {unmet[0].meaning}"
    return None


def _nothing(
    population: Population, reason: str, pair: Pair, material: _Material, chosen: str | None
) -> RelatedEvidence:
    runs = [material.group.runs[i] for i in (pair.a, pair.b)]
    return RelatedEvidence(
        score=None,
        rank_pvalue=None,
        n_references=0,
        reason=reason,
        ratio=_ratio_entry(population, []) | _context_entry(material, runs, (), chosen, None),
    )


def _signal(material: _Material, name: str, found: Scored) -> dict[str, Any]:
    value = found.z[name]
    return {
        "signal": name,
        "version": material.signals[name].info.version,
        "status": "computed" if value is not None else "not_applicable",
        "value": value,
        "unrelated_quantile": found.quantile[name],
        "n_probes": found.n_probes[name],
    }


def _ratio_entry(population: Population, found: Sequence[Ratio]) -> dict[str, Any]:
    """Return the fields of the contract that need a population."""
    document = population.document
    counts, main = document["counts"], document["performance"]["unrelated"]
    head = headline(found) if found else None
    return {
        "log10_lr": head.log10_lr if head else None,
        "uncapped_log10_lr": head.uncapped if head else None,
        "against": head.against if head else "unrelated",
        "bounds": [head.lower, head.upper] if head else None,
        "verbal": ratio_words.verbal(head.log10_lr) if head else None,
        "alternatives": {
            r.against: {"log10_lr": r.log10_lr, "uncapped_log10_lr": r.uncapped, "bounds": [r.lower, r.upper]}
            for r in found
        },
        "sibling_reason": document["reasons"]["sibling"],
        "population": {
            "name": document["name"],
            "digest": population.digest,
            "n_groups": counts["n_groups"],
            "n_pairs": counts["n_pairs"],
            "cllr": main["cllr"]["total"],
        },
    }


def _misleading(population: Population) -> list[dict[str, Any]]:
    """Return how often unrelated pairs of the population reached a ratio, before bounding."""
    entries = population.document["performance"]["unrelated"]["misleading"]["different_source"]
    return [
        {"lr": e["lr"], **{n: e["uncapped"][n] for n in ("n", "n_pairs", "value", "upper_95")}}
        for e in entries
        if round(e["lr"]) in LR_SHOWN
    ]


def _context_entry(
    material: _Material, runs: Sequence[Run], conditions: Sequence[Applies], chosen: str | None, found: Scored | None
) -> dict[str, Any]:
    """Return what a reader must know beside the ratio."""
    claims = [claimed_model(run) for run in runs]
    return {
        "applicability": [plain(c) for c in conditions],
        "siblings_of_claim": ratio_words.siblings_sentence(claims, _held(material.population, claims)),
        "choice": ratio_words.chosen_sentence(chosen, len(material.group.pairs)),
        "n_candidates": len(material.group.pairs),
        "n_common_probes": _n_answered(material, found) if found else 0,
    }


def _held(population: Population, claims: Sequence[str]) -> dict[str, int]:
    members: dict[str, list[str]] = defaultdict(list)
    for entry in population.document["models"]:
        members[entry["group"]].append(entry["model"])
    group = {entry["model"]: entry["group"] for entry in population.document["models"]}
    return {name: len(members[group[name]]) - 1 for name in claims if name in group}


def _sentence(population: Population, found: Sequence[Ratio], reason: str | None) -> str | None:
    if reason or not found:
        return None
    head = headline(found)
    return ratio_words.ratio_sentence(
        head.log10_lr,
        against=head.against,
        population=str(population.document["name"]),
        n_groups=int(population.document["counts"]["n_groups"]),
        at_bound=head.log10_lr in (head.lower, head.upper),
        misleading=ratio_words.misleading_sentence(_misleading(population)),
    )
