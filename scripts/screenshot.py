"""Opens a report in headless Chromium, checks that it asks for nothing and reports no error, and keeps a picture.

A report is one file that opens offline: any request but the file itself and any line on the console fails.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_CONSOLE = re.compile(r":CONSOLE[:(]")
_BROWSER = "not an origin"


def command(browser: str, page: Path, *, picture: Path, net_log: Path, size: str) -> list[str]:
    """Return the command that draws `page` once with an empty profile and no way out."""
    return [
        browser,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-default-browser-check",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--virtual-time-budget=5000",
        "--enable-logging=stderr",
        f"--user-data-dir={net_log.parent / 'profile'}",
        f"--log-net-log={net_log}",
        f"--window-size={size}",
        f"--screenshot={picture}",
        page.resolve().as_uri(),
    ]


def requests(net_log: str) -> list[str]:
    """Return the addresses the page asked for; what the browser asks on its own account has no origin."""
    document = json.loads(net_log if net_log.rstrip().endswith("}") else net_log.rstrip().rstrip(",") + "]}")
    kind = document["constants"]["logSourceType"]["URL_REQUEST"]
    starts = [event.get("params", {}) for event in document["events"] if event["source"]["type"] == kind]
    asked = {start["url"] for start in starts if start.get("initiator", _BROWSER) != _BROWSER}
    return sorted(url for url in asked if not url.startswith(("data:", "blob:")))


def main() -> int:
    """Draw the report; returns 0, or 1 after one line for each problem."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", type=Path, help="report.html")
    parser.add_argument("picture", type=Path, help="where the PNG goes")
    parser.add_argument("--size", default="1200,1600", help="width,height of the window in pixels")
    options = parser.parse_args()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit(f"no browser: none of {', '.join(BROWSERS)} is on PATH")
    if not options.report.is_file():
        sys.exit(f"no report: {options.report} is not there")
    with tempfile.TemporaryDirectory() as folder:
        net_log = Path(folder) / "net.json"
        asked = command(browser, options.report, picture=options.picture.resolve(), net_log=net_log, size=options.size)
        drawn = subprocess.run(asked, capture_output=True, text=True, timeout=120, check=False)
        urls = requests(net_log.read_text(encoding="utf-8")) if net_log.exists() else ["unknown: no log"]
    problems = [f"console: {line.strip()}" for line in drawn.stderr.splitlines() if _CONSOLE.search(line)]
    problems += [f"request: {url}" for url in urls]
    problems += [] if options.picture.is_file() else [f"no picture: {browser} ended with {drawn.returncode}"]
    print("\n".join(problems) or f"{options.picture}: no console message, no request")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
