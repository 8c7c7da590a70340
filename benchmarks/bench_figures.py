"""One figure drawn by our own functions and by matplotlib: size, time, and what the page's policy lets through.

The figure is the Tippett plot of the tests' made-up population. Matplotlib draws its two lines, axes, grid and labels
as SVG with real text (`svg.fonttype: none`) and nothing that differs from run to run (`svg.hashsalt`, no date). Times
are processor time of one core. Needs matplotlib; where a Chromium is found, both are shown under the page's policy.
"""

from __future__ import annotations

import gzip
import io
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING, Any

from _results import record

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from report import documents
from support.opened_pages import BROWSER, browser, opened

from blackbox.report import render

if TYPE_CHECKING:
    from collections.abc import Callable

N_ROUNDS = 10
FRESH = "from time import process_time; t = process_time(); {}; print(process_time() - t)"


def ours(page: str) -> str:
    """Return our Tippett plot as it stands on the page."""
    return next(svg for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL) if ">Tippett plot</title>" in svg)


def by_matplotlib() -> str:
    """Return the same plot as matplotlib draws it."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    points = documents.population()["tippett"]
    grid = [point["log10_lr"] for point in points]
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "1"}):
        figure = Figure(figsize=(7.2, 4.2))
        axes = figure.subplots()
        for side, words in (("same_source", "with kinship"), ("different_source", "without kinship")):
            axes.plot(grid, [point[side] for point in points], label=words)
        axes.set(xlabel="log10 likelihood ratio, not bounded", ylabel="pairs at or above it", title="Tippett plot")
        axes.grid()
        axes.legend()
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    return drawn.getvalue()[drawn.getvalue().index("<svg") :]


def seconds(act: Callable[[], object]) -> float:
    """Return the least processor time of a few rounds."""
    times = []
    for _ in range(N_ROUNDS):
        start = process_time()
        act()
        times.append(process_time() - start)
    return round(min(times), 5)


def loading(statement: str) -> float:
    """Return the processor time of an import in a fresh interpreter."""
    command = (sys.executable, "-c", FRESH.format(statement))
    return round(float(subprocess.run(command, capture_output=True, text=True, check=True).stdout), 3)


def refused(page: str, svg: str) -> int:
    """Return how many console lines of its policy a page has with this figure at its end."""
    html = page.replace("</main>", f"{svg}</main>")
    with TemporaryDirectory() as folder, browser() as started, opened(started, html, Path(folder)) as found:
        return sum("Content Security Policy" in line for line in found.console)


def described(page: str, svg: str) -> dict[str, Any]:
    """Return what a figure is as text: its size, and what a page and a screen reader need of it."""
    return {
        "bytes": len(svg.encode("utf-8")),
        "bytes_gzipped": len(gzip.compress(svg.encode("utf-8"))),
        "n_style_attributes": svg.count(' style="'),
        "n_style_elements": svg.count("<style"),
        "n_fixed_colours": len(re.findall(r"#[0-9a-f]{6}\b", svg)),
        "says_what_it_is": "<title" in svg and "<desc" in svg,
        "n_refused_by_policy": refused(page, svg) if BROWSER else None,
    }


def main() -> None:
    """Measure and record."""
    whole = documents.against_population(3)
    page = render(whole, to="html")
    own, other = described(page, ours(page)), described(page, by_matplotlib())
    own |= {
        "seconds_whole_page": seconds(lambda: render(whole, to="html")),
        "seconds_loading": loading("import jinja2"),
    }
    other |= {
        "seconds_one_figure": seconds(by_matplotlib),
        "seconds_loading": loading("import matplotlib.figure, matplotlib.backends.backend_svg"),
        "same_twice": by_matplotlib() == by_matplotlib(),
    }
    own["same_twice"] = ours(render(whole, to="html")) == ours(page)
    print(own, other, sep="\n")
    print(record("figures", {"figure": "Tippett plot", "n_rounds": N_ROUNDS, "ours": own, "matplotlib": other}))


if __name__ == "__main__":
    main()
