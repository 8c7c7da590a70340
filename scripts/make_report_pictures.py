"""Takes the pictures of reports that the documentation shows, in headless Chromium, small and always the same places.

Needs the `dev` extra and a Chromium on PATH; pictures of Chinese answers need a font that has them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import ViewportSize, sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "images"
EXAMPLE = ROOT / "results" / "example" / "report.html"
COLOURS = 96
"""Of a picture: pages are flat, and small files are kind to a repository."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture: where on the page, how large, in which light."""

    name: str
    place: str = ""
    width: int = 1280
    height: int = 900
    dark: bool = False


OF_EXAMPLE = (
    Picture(name="report", height=1100),
    Picture(name="report-dark", dark=True),
    Picture(name="report-phone", width=390, height=844),
    Picture(name="report-controls", place="controls"),
    Picture(name="report-reply", place="reply"),
)
OF_MANY = (Picture(name="report-many"), Picture(name="report-landscape", place="landscape"))


def main() -> int:
    """Take every picture; returns 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--many", type=Path, help="report.html of many runs, for the pictures of matrix and tree")
    options = parser.parse_args()
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        sys.exit("no browser: install chromium")
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=root)
        for report, pictures in ((EXAMPLE, OF_EXAMPLE), (options.many, OF_MANY)):
            for picture in pictures if report else ():
                print(_taken(browser, report, picture))
        browser.close()
    return 0


def _taken(browser: Browser, report: Path, picture: Picture) -> str:
    """Take one picture, and return its path with its size."""
    size = ViewportSize(width=picture.width, height=picture.height)
    context = browser.new_context(viewport=size, color_scheme="dark" if picture.dark else "light")
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(report.resolve().as_uri() + (f"#{picture.place}" if picture.place else ""))
    path = PICTURES / f"{picture.name}.png"
    page.screenshot(path=path)
    context.close()
    with Image.open(path) as taken:
        taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    return f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} kB"


if __name__ == "__main__":
    sys.exit(main())
