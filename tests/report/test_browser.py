"""The page in a real browser: no console error, no request. Skipped where no Chromium is found."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from report import documents
from report.test_hostile import CORPUS, attacked

from blackbox.report import render

if TYPE_CHECKING:
    from pathlib import Path

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--enable-logging=stderr",
    "--v=0",
)
BROWSERS_OWN = re.compile(r"(^|\.)(google|googleapis|gvt1)\.com$")
"""Hosts a browser asks for itself at its start, whatever page it shows; none can be resolved here."""

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here: `apt-get install chromium` to run these")


def opened(html: str, folder: Path) -> tuple[str, list[str], list[str]]:
    """Return the DOM, the console's lines and the addresses requested, of a page opened from a file."""
    page, log = folder / "report.html", folder / "network.json"
    page.write_text(html, encoding="utf-8")
    root = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    folders = (f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}")
    command = (str(BROWSER), *FLAGS, *root, *folders, "--dump-dom", page.as_uri())
    done = subprocess.run(command, capture_output=True, timeout=90, check=True)
    events = json.loads(log.read_text(encoding="utf-8"))["events"]
    found = {event["params"]["url"] for event in events if "url" in event.get("params", {})}
    addresses = sorted(url for url in found if not BROWSERS_OWN.search(urlsplit(url).hostname or ""))
    console = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if "CONSOLE" in line]
    return done.stdout.decode("utf-8", "replace"), console, addresses


@pytest.mark.parametrize("kind", ["two", "suites", "hostile"])
def test_a_report_opens_without_console_error_or_request(kind: str, tmp_path: Path) -> None:
    """Opened from a file, the page shows its answer, writes nothing to the console and asks for nothing."""
    made = {
        "two": documents.two,
        "suites": documents.suites_of_two,
        "hostile": lambda: attacked(documents.two(), lambda true: "".join(CORPUS[:18]) + true),
    }
    dom, console, addresses = opened(render(made[kind](), to="html"), tmp_path)

    assert (console, addresses) == ([], [])
    assert "This does not say" in dom
    assert "<script" not in dom


def test_a_script_in_the_page_would_be_seen(tmp_path: Path) -> None:
    """The same look at a page with a script finds the policy's refusal on the console, and the script did not run."""
    html = render(documents.two(), to="html").replace("</main>", "<script>document.title='ran'</script></main>")
    dom, console, _ = opened(html, tmp_path)

    assert len(console) == 1
    assert "Content Security Policy" in console[0]
    assert "<title>ran" not in dom


def test_a_request_of_the_page_would_be_seen(tmp_path: Path) -> None:
    """The same look at a page without the policy finds a picture's address among the requests."""
    html = render(documents.two(), to="html").replace('http-equiv="Content-Security-Policy"', 'name="none"')
    _, _, addresses = opened(html.replace("</main>", '<img src="http://127.0.0.1:9/x.png" alt=""></main>'), tmp_path)

    assert addresses == ["http://127.0.0.1:9/x.png"]
