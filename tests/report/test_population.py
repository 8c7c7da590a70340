"""The population's figures: drawn once, where their numbers say, and silent where there is nothing to draw."""

from __future__ import annotations

from typing import Any

import pytest

from blackbox.report import blocks, render
from blackbox.report.assembling import assemble
from blackbox.report.sections._axes import Axes, Axis
from blackbox.report.sections.population import SECTION
from tests.report import documents

X = Axis(name="log10 LR", low=-4.0, high=7.0, ticks=((0.0, "0"),))


def drawings(document: dict[str, Any]) -> dict[str, blocks.Drawing]:
    """Return the drawings of the section by caption."""
    return {block.caption: block for block in SECTION.build(document) if isinstance(block, blocks.Drawing)}


def strong(drawing: blocks.Drawing) -> blocks.Stroke:
    """Return the strong line of a drawing."""
    (found,) = [part for part in drawing.parts if isinstance(part, blocks.Stroke) and part.weight == 2]
    return found


def test_lines_lie_where_the_numbers_say() -> None:
    """Every point of the curve of kin is the share of pairs at or above its ratio."""
    document = documents.against_population()
    axes = Axes(x=X, y=Axis(name="", low=0.0, high=1.0, ticks=()))
    points = document["population"]["tippett"]
    expected = [axes.at(p["log10_lr"], p["same_source"]) for p in points]

    assert strong(drawings(document)["Tippett plot"]).points == tuple(expected)
    assert axes.at(-4.0, 0.0) < axes.at(7.0, 0.0)
    assert axes.at(0.0, 0.0)[1] > axes.at(0.0, 1.0)[1]


def test_the_curve_ends_where_one_kind_of_pair_runs_out() -> None:
    """Points whose best transform knows no limit are not drawn, the others lie on their numbers."""
    document = documents.against_population()
    axes = Axes(x=X, y=Axis(name="", low=-4.0, high=7.0, ticks=()))
    curve = document["population"]["calibration_curve"]
    expected = list(zip(curve["stated"], curve["isotonic"], strict=True))[1:-1]

    assert strong(drawings(document)["Calibration curve"]).points == tuple(axes.at(*each) for each in expected)


def test_bounds_are_marked_at_their_values() -> None:
    """Both drawings have an upright line with words at each bound."""
    for drawing in drawings(documents.against_population()).values():
        words = {part.text: part.x for part in drawing.parts if isinstance(part, blocks.Label)}
        axes = Axes(x=X, y=Axis(name="", low=0.0, high=1.0, ticks=()))
        assert words["lower bound −1.20"] == pytest.approx(axes.at(-1.2, 0)[0])
        assert words["upper bound 1.95"] == pytest.approx(axes.at(1.95, 0)[0])


def test_pairs_that_do_not_overlap_have_no_curve() -> None:
    """Perfect separation leaves nothing to draw, and that is said."""
    document = documents.against_population()
    curve = document["population"]["calibration_curve"]
    curve["isotonic"] = [-9.0 if x < 1 else 9.0 for x in curve["stated"]]

    assert list(drawings(document)) == ["Tippett plot"]
    assert "do not overlap" in render(document)


def test_figures_stand_once_whatever_the_number_of_pairs() -> None:
    """They belong to the population, not to a pair; without one there are none."""
    page = render(documents.against_population(5), to="html")

    assert page.count("<b>Tippett plot</b>") == 1
    assert page.count("Misleading evidence") == 1
    assert SECTION.build(documents.related_only(5)) == ()


def test_the_overview_lists_ratios_where_there_are_some() -> None:
    """The matrix does not deny a ratio that is there; a pair without one has a dash."""
    overview = assemble(documents.against_population()).parts[0].blocks
    table = next(block for block in overview if isinstance(block, blocks.Table))
    matrix = next(block for block in overview if isinstance(block, blocks.Matrix))

    assert table.columns[-1].title == "log10 LR"
    assert [getattr(row[-1], "text", None) for row in table.rows] == ["1.50", "0.50", "–"]
    assert "those stand in the list" in matrix.caption
    assert any("log10 LR 1.50" in cell.words for row in matrix.cells for cell in row if cell)


def test_without_a_population_the_overview_says_no_ratio() -> None:
    """Scores alone are never to be read as ratios."""
    overview = assemble(documents.related_only(3)).parts[0].blocks
    table = next(block for block in overview if isinstance(block, blocks.Table))
    matrix = next(block for block in overview if isinstance(block, blocks.Matrix))

    assert "no ratio" in matrix.caption
    assert "log10 LR" not in [column.title for column in table.columns]


def test_the_page_names_the_population_to_recompute_with() -> None:
    """The command on the page is the one that was given: without its population there would be no ratio."""
    document = documents.against_population()
    document["provenance"]["command"] += " --population 'my panel.json'"

    assert "--population 'my panel.json' --seed 0" in render(document)


def test_a_single_point_is_no_curve() -> None:
    """Neither figure is drawn where there is no line to draw; the rates still stand."""
    document = documents.against_population()
    population = document["population"]
    population["tippett"] = population["tippett"][:1]
    population["calibration_curve"] = {name: [0.0] for name in ("stated", "isotonic")}

    assert drawings(document) == {}
    assert any(isinstance(block, blocks.Table) for block in SECTION.build(document))
