"""`init --panel`: a reference panel for who has no population: endpoints, lineage and a suite, ready for `plan`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import combinations
from typing import TYPE_CHECKING, Any

from blackbox import suites
from blackbox.errors import BlackboxError, UsageError
from blackbox.workflow.config_file import SCHEMA_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA_NAME = "blackbox.schema.json"
SUITE = "open-ended-once"
PAIRS, GROUPS = "pairs.csv", "groups.csv"

_HEAD = f"""\
# yaml-language-server: $schema=./{SCHEMA_NAME}
# A reference panel: {{n_models}} models of {{n_families}} families, each on two pinned hosts, one OpenRouter key.
# Names, hosts and prices: from published lists, {{date}}; nobody sent these endpoints a request, all are UNVERIFIED.
# `blackbox doctor` says which answer; take out what doesn't, here and nowhere else. Lineage: {PAIRS} and {GROUPS}.
#
#   export OPENROUTER_API_KEY=…
#   blackbox plan                                   # sends nothing
#   blackbox run --max-cost 2
#   blackbox calibrate RUN… --pairs {PAIRS} --groups {GROUPS} --sibling sibling,co-distilled -o panel.json

suites: [{SUITE}.yaml]
endpoints:
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelModel:
    """One model of the panel on its two hosts."""

    name: str
    model: str
    family: str
    hosts: tuple[str, str]
    prices: tuple[float, float]

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Names of its endpoints."""
        return tuple(f"{self.name}.{host}" for host in self.hosts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The shipped panel: `relations` holds what is known of two models; two of one family else are siblings."""

    date: str
    models: tuple[PanelModel, ...]
    relations: Mapping[frozenset[str], str]

    def relation(self, a: PanelModel, b: PanelModel) -> str:
        """Return how two different models are related."""
        stated = self.relations.get(frozenset((a.name, b.name)))
        return stated or ("sibling" if a.family == b.family else "different")


@cache
def load_panel() -> Panel:
    """Return the shipped panel."""
    import yaml

    document = yaml.safe_load(files("blackbox.workflow").joinpath("panel.yaml").read_text("utf-8"))
    models = tuple(
        PanelModel(**{**entry, "hosts": tuple(entry["hosts"]), "prices": tuple(entry["prices"])})
        for entry in document["models"]
    )
    return Panel(date=str(document["date"]), models=models, relations=_relations(document["relations"], models))


def _relations(entries: list[dict[str, Any]], models: tuple[PanelModel, ...]) -> dict[frozenset[str], str]:
    """Return the relation of each two models; a line of two models goes before one of two families."""
    found: dict[frozenset[str], str] = {}
    for entry in entries:
        if "families" in entry:
            first, second = ([m.name for m in models if m.family == family] for family in entry["families"])
            for pair in (frozenset((a, b)) for a in first for b in second):
                found.setdefault(pair, entry["relation"])
        else:
            found[frozenset((entry["a"], entry["b"]))] = entry["relation"]
    return found


def panel_files(panel: Panel) -> dict[str, str]:
    """Return the panel's files by name: configuration, lineage and suite."""
    return {
        "blackbox.yaml": _configuration(panel),
        PAIRS: _pairs(panel),
        GROUPS: _groups(panel),
        f"{SUITE}.yaml": _suite(),
    }


def write_panel(folder: Path) -> tuple[Path, ...]:
    """Write the panel into a folder and return its files; nothing is overwritten.

    Raises:
        UsageError: One of them is there already.
        BlackboxError: The folder can't be written.
    """
    texts = panel_files(load_panel())
    paths = tuple(folder / name for name in (*texts, SCHEMA_NAME))
    try:
        for path in paths[:-1]:
            if path.exists():
                raise UsageError(f"{path} exists already; choose an empty folder, or remove it first")
        for name, text in texts.items():
            with (folder / name).open("x", encoding="utf-8") as file:
                file.write(text)
        paths[-1].write_bytes(SCHEMA_PATH.read_bytes())
    except FileExistsError as error:
        raise UsageError(f"{error.filename} exists already; choose an empty folder, or remove it first") from None
    except OSError as error:
        raise BlackboxError(f"{folder}: {(error.strerror or 'not writable').lower()}") from None
    return paths


def _configuration(panel: Panel) -> str:
    families = {model.family for model in panel.models}
    head = _HEAD.format(n_models=len(panel.models), n_families=len(families), date=panel.date)
    return head + "".join(_block(model, host) for model in panel.models for host in model.hosts)


def _block(model: PanelModel, host: str) -> str:
    low, high = model.prices
    return (
        f"  {model.name}.{host}: {{preset: openrouter, model: {model.model}, claimed_model: {model.name}, "
        f"routing: {{order: [{host}], allow_fallbacks: false}}, "
        f"prices: {{input_per_mtok: {low}, output_per_mtok: {high}}}}}\n"
    )


def _pairs(panel: Panel) -> str:
    """Return every pair of endpoints with its relation; two hosts of one model are `same`."""
    rows = [(*model.endpoints, "same") for model in panel.models]
    for a, b in combinations(panel.models, 2):
        rows += [(x, y, panel.relation(a, b)) for x in a.endpoints for y in b.endpoints]
    return "".join(f"{','.join(row)}\n" for row in (("a", "b", "relation"), *rows))


def _groups(panel: Panel) -> str:
    rows = [f"{name},{model.family}\n" for model in panel.models for name in model.endpoints]
    return "".join(["model,group\n", *rows])


def _suite() -> str:
    """Return the first open-ended suite, each of its 50 questions asked once: what a population needs, for less."""
    document = json.loads(json.dumps(suites.find("open-ended@1").document))
    probes = [{k: v for k, v in probe.items() if k != "repeats"} for probe in document["probes"]]
    once = {**document["defaults"], "repeats": 1}
    document |= {"name": SUITE, "version": 1, "defaults": once, "probes": probes}
    document["title"] = "Open questions with room for style, each asked once"
    document["questions"] = ["related", "which"]
    document.pop("digest", None)
    return suites.locked(json.dumps(document, ensure_ascii=False, indent=1) + "\n", source=SUITE)
