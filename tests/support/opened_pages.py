"""Reports opened in headless Chromium, as a reader opens them: from a file, with nothing to reach."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NEEDS_BROWSER = pytest.mark.skipif(
    BROWSER is None, reason="no Chromium here: `apt-get install chromium` to run the tests in a browser"
)
PICTURES = "BLACKBOX_SCREENSHOTS"
"""Environment variable that names a folder to keep the pictures in."""
DESKTOP, PHONE = (1280, 900), (390, 844)
_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--no-first-run",
    "--no-proxy-server",
)
_GRAVE = frozenset({"serious", "critical"})
_VIOLATIONS = 'axe.run({ resultTypes: ["violations"] }).then((found) => found.violations)'
_PIECE = 800
"""Elements beyond which axe-core is given no more at once: its time grows faster than the page."""
_TAKE_APART = """(most) => {
  const main = document.querySelector("main"), pieces = [{ sections: [], units: [], stands: new Map() }];
  const size = (node) => node.querySelectorAll("*").length + 1;
  const outermost = (unit) => !unit.parentElement.closest("tbody tr, figure, details");
  let room = most;
  const isolate = (section) => {
    const units = [...section.querySelectorAll("tbody tr, figure, details")].filter(outermost);
    const stands = new Map(units.map((unit) => [unit, document.createComment("")]));
    units.forEach((unit) => unit.replaceWith(stands.get(unit)));
    room = most - size(section);
    pieces.push({ sections: [section], units: [], stands });
    for (const unit of units) {
      if (room < size(unit)) { pieces.push({ sections: [section], units: [], stands }); room = most - size(section); }
      pieces.at(-1).units.push(unit);
      room -= size(unit);
    }
    room = 0;
  };
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  document.querySelectorAll("details").forEach((fold) => { fold.open = true; });
  for (const section of [...main.children]) {
    if (size(section) > most) { isolate(section); continue; }
    if (room < size(section)) { pieces.push({ sections: [], units: [], stands: new Map() }); room = most; }
    pieces.at(-1).sections.push(section);
    room -= size(section);
  }
  main.replaceChildren();
  window.pieces = pieces;
  return [pieces.length, ids.filter((id, place) => ids.indexOf(id) !== place)];
}"""
"""Takes the page apart into what can be shown alone; returns how many pieces, and ids that stand twice."""
_SHOW_PIECE = """(place) => {
  const before = window.pieces[place - 1], { sections, units, stands } = window.pieces[place];
  if (before) before.units.forEach((unit) => unit.replaceWith(before.stands.get(unit)));
  units.forEach((unit) => { unit.hidden = false; stands.get(unit).replaceWith(unit); });
  document.querySelector("main").replaceChildren(...sections);
  return document.querySelectorAll("main *").length;
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A page on show, and what it did beside.

    Args:
        page: The page.
        console: Every line on its console and every error in its script.
        requests: Every address it asked for but its own.
    """

    page: Page
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def quiet(self) -> bool:
        """Whether it wrote nothing to the console and asked for nothing."""
        return not self.console and not self.requests

    def grave(self) -> list[str]:
        """Return what axe-core finds serious or critical, with where."""
        self.page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
        self.page.evaluate(Axe().axe_script)
        return self._graves()

    def grave_in_pieces(self, most: int = _PIECE) -> tuple[list[str], int, int]:
        """Return what `grave` does, of a page too large for axe-core at once, shown piece by piece; the page is spent.

        Every element of the main part is shown and looked at in one piece; that no id stands twice is asked of the
        whole page beforehand.

        Args:
            most: Elements of a piece, where what can't be divided is no larger.

        Returns:
            The findings; how many pieces there were; how many elements they had together.
        """
        self.page.evaluate(Axe().axe_script)
        n_pieces, twice = self.page.evaluate(_TAKE_APART, most)
        found, n_elements = [f"duplicate-id: {each}" for each in twice], 0
        for place in range(n_pieces):
            n_elements += self.page.evaluate(_SHOW_PIECE, place)
            found += self._graves()
        return found, n_pieces, n_elements

    def _graves(self) -> list[str]:
        violations: list[dict[str, Any]] = self.page.evaluate(_VIOLATIONS)
        return [
            f"{each['id']}: {node['target']} {node['html'][:120]}"
            for each in violations
            if each["impact"] in _GRAVE
            for node in each["nodes"][:5]
        ]

    def shown(self, selector: str) -> int:
        """Return how many elements of a kind can be seen."""
        seen = "nodes => nodes.filter(node => node.checkVisibility()).length"
        return int(self.page.locator(selector).evaluate_all(seen))


@contextmanager
def browser(*flags: str) -> Iterator[Browser]:
    """Start Chromium for a few pages, with further flags; nothing of playwright's is left running."""
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=BROWSER, args=[*_FLAGS, *root, *flags])
        try:
            yield started
        finally:
            started.close()


@contextmanager
def opened(
    started: Browser,
    html: str,
    folder: Path,
    *,
    size: tuple[int, int] = DESKTOP,
    dark: bool = False,
    script: bool = True,
    place: str = "",
) -> Iterator[Opened]:
    """Show a page.

    Args:
        started: The browser.
        html: The page.
        folder: Where its file is written.
        size: Width and height of the window, in pixels.
        dark: Whether the reader prefers dark pages.
        script: Whether scripts may run.
        place: Where on the page to go, as `#pair-3`.
    """
    file = folder / "report.html"
    file.write_text(html, encoding="utf-8")
    context = started.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        java_script_enabled=script,
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    found = Opened(page=page)
    page.on("console", lambda message: found.console.append(message.text))
    page.on("pageerror", lambda error: found.console.append(str(error)))
    page.on("request", lambda request: _noted(found, request.url, file.as_uri()))
    try:
        page.goto(file.as_uri() + place)
        yield found
    finally:
        context.close()


def _noted(found: Opened, url: str, own: str) -> None:
    if url.partition("#")[0] != own and not url.startswith("data:"):
        found.requests.append(url)


def picture(page: Page, name: str, folder: Path) -> Path:
    """Keep a picture: of the whole page in the folder that BLACKBOX_SCREENSHOTS names, else of its top in `folder`."""
    named = os.environ.get(PICTURES)
    kept = Path(named or folder)
    kept.mkdir(parents=True, exist_ok=True)
    path = kept / f"{re.sub(r'[^a-z0-9-]+', '-', name.lower())}.png"
    page.screenshot(path=path, full_page=bool(named))
    return path
