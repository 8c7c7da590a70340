"""Compare runs: load, extract, test, judge, write. The only place where store, features and evidence meet."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from blackbox import suites
from blackbox.core import Comparison, Progress, plain
from blackbox.errors import UsageError
from blackbox.evidence import wording
from blackbox.evidence.answers import answers_entry
from blackbox.evidence.conditions import decoding_conflict, facts, honoured_conflict
from blackbox.evidence.document import SCHEMA, run_entry
from blackbox.evidence.looks import alpha_at, look_of, look_warnings
from blackbox.report import render
from blackbox.store import read_run, resolve_run, write_comparison
from blackbox.workflow._compare_command import command_of
from blackbox.workflow._compare_companions import Named, companions_of, read_companions
from blackbox.workflow._compare_features import FeatureSource, answer_lengths, rankable, resolved_forms, testable
from blackbox.workflow._compare_groups import Group, Grouping, grouped
from blackbox.workflow._compare_inputs import inputs_of
from blackbox.workflow._compare_landscape import landscape, landscape_files
from blackbox.workflow._compare_mixed import mixed_evidence, sequential_evidence, with_e_value
from blackbox.workflow._compare_pairs import PairContext, pair_entry
from blackbox.workflow._compare_population import open_population, population_evidence, population_summary
from blackbox.workflow._compare_related import related_evidence
from blackbox.workflow._compare_same import Material, Rules, judged_pairs, same_signals
from blackbox.workflow._compare_summary import endpoint_pairs
from blackbox.workflow.replying import reply_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from blackbox.core import FeatureMatrix, OnProgress, Run
    from blackbox.evidence.document import RelatedEvidence, SameEvidence
    from blackbox.evidence.population import Population
    from blackbox.workflow._compare_features import Lengths
    from blackbox.workflow.compare_options import CompareOptions

GRAMS = ("word3", "char5", "opening")
DETAILED_PAIRS = 45
"""Pairs (ten endpoints) up to which probe tables and answers are part of the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonReport:
    """A comparison's document and the folder it was written to."""

    document: Mapping[str, Any]
    path: Path

    @property
    def comparison(self) -> Comparison:
        """The comparison by itself, which shows itself in a notebook and gives a frame."""
        return Comparison(document=self.document)

    def to_frame(self) -> Any:  # noqa: ANN401 - a pandas DataFrame; pandas is no dependency
        """Return a pandas frame with a row a pair."""
        return self.comparison.to_frame()

    def _repr_html_(self) -> str:
        return self.comparison._repr_html_()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """One suite's results."""

    group: Group
    rules: Rules
    entries: list[dict[str, Any]] = field(default_factory=list)
    landscape: list[dict[str, Any]] = field(default_factory=list)

    def answers(self, *, n_suites: int) -> dict[str, Any]:
        """Return the answers to look up."""
        runs = self.group.runs
        lengths = [answer_lengths(run) for run in runs]
        forms = resolved_forms(runs[0], [probe.id for probe in runs[0].suite.probes], lengths)
        return answers_entry(runs, forms, n_suites=n_suites)


def compare_runs(
    results: Path, names: Sequence[str], options: CompareOptions, on_progress: OnProgress
) -> ComparisonReport:
    """Compare the named runs and write `comparison.json` and `report.html`.

    Args:
        results: Folder of runs.
        names: Runs by id, unique prefix or path.
        options: What to answer, and how.
        on_progress: Told how far the work is.

    Raises:
        UsageError: Runs are unknown or can't be compared.
        EvidenceDamaged: A run does not agree with its own digests.
    """
    document = compared_document(results, names, options, on_progress)
    html = render(document, to="html")
    files = landscape_files(document["landscape"])
    path = write_comparison(results, document, html=html, at=options.created_at, out=options.out, files=files)
    return ComparisonReport(document=document, path=path)


def compared_document(
    results: Path,
    names: Sequence[str],
    options: CompareOptions,
    on_progress: OnProgress,
    *,
    caches: Callable[[str], Path] | None = None,
) -> dict[str, Any]:
    """Return the `blackbox.comparison/1` document of the named runs; nothing but features is written.

    Args:
        results: Folder of runs.
        names: Runs by id, unique prefix or path.
        options: What to answer, and how.
        on_progress: Told how far the work is.
        caches: Gives the folder for the features of a run id; None: each run's own.

    Raises:
        UsageError: Runs are unknown or can't be compared.
        EvidenceDamaged: A run does not agree with its own digests.
    """
    options.jobs.check()
    population = open_population(options.population) if options.population else None
    paths = [resolve_run(results, name) for name in names]
    runs = [read_run(path, to_suite=suites.from_document) for path in paths]
    grouping = grouped(runs)
    conflicts = _decoding_conflicts(grouping, allowed=options.allow_decoding_differences)
    by_id = {run.id: path for run, path in zip(runs, paths, strict=True)}
    named = read_companions(
        results,
        controls=options.controls,
        hosts=options.benign,
        alternatives=options.alternatives,
        compared=runs,
    )
    folders = {**by_id, **named.paths}
    named = replace(named, paths={i: caches(i) for i in folders} if caches else folders)
    judged = [_judged(group, named, options, on_progress, population) for group in grouping.groups if group.pairs]
    document = _document(runs, grouping, judged, options, conflicts)
    if population:
        document["population"] = population_summary(population)
    inputs = inputs_of(runs, named, population, options, document["pairs"])
    document["provenance"] |= {"command": command_of(inputs, options), "inputs": inputs}
    return document


def _decoding_conflicts(grouping: Grouping, *, allowed: bool) -> list[str]:
    """Return a warning for each pair asked for different sampling, or measured to sample differently.

    Raises:
        UsageError: There is one and it was not asked for.
    """
    found = []
    for group in grouping.groups:
        for pair in group.pairs:
            a, b = group.runs[pair.a], group.runs[pair.b]
            conflict = decoding_conflict(a.manifest.sent_decoding, b.manifest.sent_decoding)
            if conflict:
                found.append(f"{a.id} and {b.id} were asked for different sampling ({conflict})")
            measured = honoured_conflict(a.manifest.honoured_decoding, b.manifest.honoured_decoding)
            if measured:
                found.append(f"{a.id} and {b.id} were measured to sample differently ({measured})")
    if found and not allowed:
        raise UsageError(f"{found[0]}: answers differ for this reason alone; compare with --allow-decoding-differences")
    return found


def _judged(
    group: Group, named: Named, options: CompareOptions, on_progress: OnProgress, population: Population | None
) -> _Judged:
    lengths = [answer_lengths(run) for run in group.runs]
    source = FeatureSource(group=group, paths=named.paths)
    needed = _needed(group, lengths, options)

    def on_companion(feature: str, position: int, run: Run) -> None:
        subject = f"{feature} of {run.manifest.endpoint_name}"
        on_progress(Progress(stage="features", subject=subject, done=position, total=len(group.runs)))

    def on_run(feature: str, position: int) -> None:
        on_companion(feature, position, group.runs[position])

    features = {f: p for f, p in needed.items() if f not in GRAMS}
    samples = source.samples(features, on_run)
    material = Material(
        group=group,
        samples=samples,
        lengths=lengths,
        companions=companions_of(group, named, features, on_companion),
        rules=_rules(group, lengths, options),
        tell=lambda stage, whose, done, total: on_progress(
            Progress(stage=stage, subject=whose, done=done, total=total)
        ),
    )

    def on_pair(done: int) -> None:
        on_progress(Progress(stage="score", subject=group.suite, done=done, total=len(group.pairs)))

    same: list[SameEvidence] = judged_pairs(material, on_pair, options.jobs)
    grams: dict[str, list[FeatureMatrix]] = {
        f: [source.matrix(f, i, p, on_run) for i, p in enumerate(probes)] for f, probes in needed.items() if f in GRAMS
    }
    related = _related(group, named, grams, options, population)
    return _Judged(
        group=group,
        rules=material.rules,
        entries=_entries(material, same, related, options),
        landscape=landscape(group, samples, grams, seed=material.rules.seed),
    )


def _related(
    group: Group,
    named: Named,
    grams: dict[str, list[FeatureMatrix]],
    options: CompareOptions,
    population: Population | None,
) -> list[RelatedEvidence]:
    if population is None or "related" not in options.questions:
        return related_evidence(group, grams)
    detailed = len(group.pairs) <= DETAILED_PAIRS
    return population_evidence(group, population, named.paths, chosen=options.chosen, detailed=detailed)


def _entries(
    material: Material, same: Sequence[SameEvidence], related: Sequence[RelatedEvidence], options: CompareOptions
) -> list[dict[str, Any]]:
    group = material.group
    context = PairContext(
        group=group,
        samples=material.samples,
        lengths=material.lengths,
        facts=[facts(run) for run in group.runs],
        detailed=len(group.pairs) <= DETAILED_PAIRS,
    )
    mixed = mixed_evidence(material, options.questions)
    rows = zip(group.pairs, same, related, mixed, strict=True)
    return [
        with_e_value(pair_entry(context, *row), found)
        for row, found in zip(rows, sequential_evidence(group), strict=True)
    ]


def _rules(group: Group, lengths: Sequence[Lengths], options: CompareOptions) -> Rules:
    decision = group.runs[0].suite.decision
    look = max(look_of(run) for run in group.runs)
    return Rules(
        alpha=alpha_at(decision, look),
        look=look,
        margin=decision.margin,
        seed=decision.seed if options.seed is None else options.seed,
        n_permutations=decision.n_permutations,
        n_pairs=sum(testable(pair, lengths) for pair in group.pairs),
    )


def _needed(group: Group, lengths: Sequence[Lengths], options: CompareOptions) -> dict[str, list[frozenset[str]]]:
    """Return the probes each feature is needed at, for each run: embeddings only where they will be tested."""
    closed: list[set[str]] = [set() for _ in group.runs]
    opened: list[set[str]] = [set() for _ in group.runs]
    for pair in group.pairs:
        if testable(pair, lengths) or rankable(pair, lengths):
            forms = resolved_forms(group.runs[pair.a], pair.probe_ids, [lengths[pair.a], lengths[pair.b]])
            for i in {pair.a, pair.b, *group.sessions_of(pair.a), *group.sessions_of(pair.b)}:
                closed[i].update(p for p, form in forms.items() if form == "closed")
                opened[i].update(p for p, form in forms.items() if form == "open")
    everywhere = resolved_forms(group.runs[0], [p.id for p in group.runs[0].suite.probes], lengths)
    open_somewhere = frozenset(p for p, form in everywhere.items() if form == "open")
    every = frozenset(everywhere)
    by_form = {"closed": closed, "open": opened}
    needed = {"usage": [every for _ in group.runs]}
    n_pairs = sum(testable(pair, lengths) for pair in group.pairs)
    for signal in same_signals(n_pairs).values():
        before = needed.get(signal.info.feature, [frozenset[str]()] * len(group.runs))
        own = [by_form[form] for form in signal.info.forms if form in by_form]
        needed[signal.info.feature] = [probes.union(*more) for probes, *more in zip(before, *own, strict=True)]
    if open_somewhere and "related" in options.questions and not options.population and _enough_runs(group):
        needed |= {feature: [open_somewhere for _ in group.runs] for feature in GRAMS}
    return needed


def _enough_runs(group: Group) -> bool:
    return len(group.runs) > 2  # noqa: PLR2004 - two endpoints alone are never ranked


def _document(
    runs: Sequence[Run],
    grouping: Grouping,
    judged: Sequence[_Judged],
    options: CompareOptions,
    conflicts: Sequence[str],
) -> dict[str, Any]:
    warnings = [*grouping.warnings, *conflicts, *_unknown_decoding(runs)]
    for suite in judged:
        warnings.extend(look_warnings(suite.group.runs, suite.group.runs[0].suite.decision))
    for run in runs:
        warnings.extend(f"{run.id}: {warning}" for warning in run.manifest.warnings)
    decision = [_decision(suite) for suite in judged]
    return {
        "schema": SCHEMA,
        "runs": [run_entry(run) for run in runs],
        "pairs": [entry for suite in judged for entry in suite.entries],
        "skipped_pairs": list(grouping.skipped),
        "endpoint_pairs": endpoint_pairs([entry for suite in judged for entry in suite.entries]),
        "landscape": [entry for suite in judged for entry in suite.landscape],
        "answers": [suite.answers(n_suites=len(judged)) for suite in judged],
        "warnings": warnings,
        "limits": list(wording.LIMITS),
        "alpha": decision[0]["alpha"],
        "adjustment": decision[0]["adjustment"],
        "smallest_pvalue_adjusted": max(rules["smallest_pvalue_adjusted"] for rules in decision),
        "decision": decision,
        "questions": list(options.questions),
        "chosen": options.chosen,
        "reply": reply_entry(options.reply) if options.reply else None,
        "provenance": _provenance(judged, options),
    }


def _unknown_decoding(runs: Sequence[Run]) -> list[str]:
    n = sum(run.manifest.sent_decoding is None for run in runs)
    return (
        [f"sampling settings of {n} of {len(runs)} runs are unknown: an untested condition of every verdict"]
        if n
        else []
    )


def _decision(suite: _Judged) -> dict[str, Any]:
    rules = suite.rules
    return {
        "suite": suite.group.suite,
        "suite_version": suite.group.version,
        "alpha": rules.alpha,
        "look": rules.look,
        "looks_planned": suite.group.runs[0].suite.decision.looks,
        "margin": rules.margin,
        "adjustment": rules.adjustment,
        "n_pairs_tested": rules.n_pairs,
        "n_permutations": rules.full_permutations,
        "smallest_pvalue_adjusted": rules.smallest_pvalue_adjusted,
    }


def _provenance(judged: Sequence[_Judged], options: CompareOptions) -> dict[str, Any]:
    packages = ("numpy", "scipy", "sentence-transformers", "torch")
    return {
        "blackbox": version("blackbox-similarity"),
        "seed": judged[0].rules.seed if judged else 0,
        "created_at": plain(options.created_at),
        "packages": {name: version(name) for name in packages},
    }
