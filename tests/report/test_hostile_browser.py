"""Pages of hostile text in a real browser, each beside its harmless twin: the same page but for the words.

The twin is the same report of the same answers with harmless words of the same length. Whatever a page has to have
(its own scripts, styles and pictures) both have, so nothing here needs to know it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from report.pages import parsed
from support.caught import CAUGHT
from support.hostile import CONTROL, PICTURES, SCRIPTS, STYLES, TEXTS, harmless
from support.opened_pages import NEEDS_BROWSER, browser, opened

from blackbox import report
from blackbox.store import TableFields
from blackbox.workflow.compare import compare_runs
from blackbox.workflow.compare_options import CompareOptions
from blackbox.workflow.differing import diff_document
from blackbox.workflow.drifting import DriftOptions, drift_runs
from blackbox.workflow.importing import import_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser

BROWSERS_OWN = re.compile(r"(^|\.)(google|googleapis|gvt1)\.com$")
"""Hosts a browser asks for itself at its start, whatever page it shows; none can be resolved here."""
NOW = datetime(2026, 11, 23, tzinfo=UTC)
SIGN = ("span", ("class", "title"))
"""The sign of a hidden character: the one element that a text may cause, and it is ours."""
ACTIVE = {"script", "style", "link", "meta", "base", "iframe", "object", "embed", "form", "img", "image", "use", "a"}
N_PROBES = 8
KINDS = ("comparison", "history", "difference")

pytestmark = NEEDS_BROWSER


def _rows(word: Callable[[str], str]) -> list[dict[str, Any]]:
    """Return answers on five days of two models; every name, question and most answers are words of the corpus."""
    n_each = -(-len(TEXTS) // N_PROBES)
    return [
        {
            "m": f"{word(SCRIPTS[place])} {place}",
            "q": f"{word(TEXTS[i])} {word(TEXTS[-1 - i])} {i}?",
            "i": f"{word((*STYLES, *PICTURES)[i])} {i}",
            "a": word(TEXTS[(i * n_each + k + place) % len(TEXTS)]) if k < n_each else f"plain {(k + place) % 3}",
            "t": f"2026-01-{1 + k % 5:02d}T00:00:{i:02d}Z",
        }
        for place in range(2)
        for i in range(N_PROBES)
        for k in range(2 * n_each + 1)
    ]


def _pages(folder: Path, word: Callable[[str], str]) -> dict[str, str]:
    """Return a comparison's, a history's and a difference's page, made as a user makes them."""
    results = folder / "results"
    (folder / "t.json").write_text(json.dumps(_rows(word)))
    fields = TableFields(prompt="q", response="a", model="m", time="t", id="i")
    runs = import_table(folder / "t.json", fields, suite_name="s", results=results, now=lambda: NOW)
    for seed in (1, 2):
        options = CompareOptions(created_at=NOW, out=results / f"x-compare-{seed}", seed=seed, chosen=word(SCRIPTS[3]))
        compare_runs(results, [run.id for run in runs], options, lambda _: None)
    drift_runs(results, [runs[0].id], DriftOptions(created_at=NOW, out=results / "drift"), lambda _: None)
    difference = diff_document(results, "x-compare-1", "x-compare-2")
    return {
        "comparison": (results / "x-compare-1" / "report.html").read_text(encoding="utf-8"),
        "history": (results / "drift" / "report.html").read_text(encoding="utf-8"),
        "difference": report.render(difference, to="html"),
    }


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Every page twice: of hostile and of harmless words."""
    make = partial(tmp_path_factory.mktemp, numbered=True)
    return {"hostile": _pages(make("hostile"), lambda text: text), "harmless": _pages(make("harmless"), harmless)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the browser makes of a page opened from a file: DOM, console lines and addresses asked for."""

    dom: str
    console: list[str]
    requests: list[str]


def _look(started: Browser, html: str, folder: Path) -> Look:
    with opened(started, html, folder) as found:
        found.page.wait_for_timeout(50)
        return Look(dom=found.page.content(), console=found.console, requests=found.requests)


def _addresses(log: Path) -> list[str]:
    """Return what a browser's network log says was asked for, whoever asked."""
    events = json.loads(log.read_text(encoding="utf-8"))["events"]
    found = {event["params"]["url"] for event in events if "url" in event.get("params", {})}
    return sorted(url for url in found if not BROWSERS_OWN.search(urlsplit(url).hostname or ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Looks at many pages in one browser, and the addresses of its network log."""

    of: dict[str, Look]
    addresses: list[str]


def looks(pages: dict[str, str], folder: Path) -> Looks:
    """Open pages one after the other in one browser."""
    log = folder / "network.json"
    with browser(f"--log-net-log={log}") as started:
        of = {name: _look(started, html, folder) for name, html in pages.items()}
    return Looks(of=of, addresses=_addresses(log))


@pytest.fixture(scope="module")
def seen(pages: dict[str, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Looks:
    """The browser's look at every page and its twin."""
    named = {f"{words} {kind}": html for words, of_words in pages.items() for kind, html in of_words.items()}
    return looks(named, tmp_path_factory.mktemp("seen"))


def unlike(hostile: str, benign: str) -> list[str]:
    """Return what the hostile page's DOM has that its harmless twin's has not: shapes, active elements, bad values."""
    now, twin = parsed(hostile), parsed(benign)
    shapes = {element.shape for element in twin.elements} | {SIGN}
    found = [f"element {e.shape}" for e in now.elements if e.shape not in shapes]
    for tag in sorted(ACTIVE):
        of_both = [sum(e.tag == tag for e in page.elements) for page in (now, twin)]
        found += [f"{of_both[0]} {tag} where the twin has {of_both[1]}"] if of_both[0] > of_both[1] else []
    found += [f"value {v}" for name in ("href", "src") for v in now.values(name) if v not in twin.values(name)
              and not re.fullmatch(r"#[a-z0-9-]+", v)]  # fmt: skip
    found += [f"handler {n}" for e in now.elements for n in e.attributes if n.startswith("on") or n == "owned"]
    return found


def policy(html: str) -> str:
    """Return the page's Content-Security-Policy."""
    [found] = [
        str(e.attributes["content"])
        for e in parsed(html).elements
        if e.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_words_make_nothing_but_words(kind: str, seen: Looks) -> None:
    """In the browser: no element, attribute, request, console line or title beyond those of the harmless twin."""
    hostile, twin = seen.of[f"hostile {kind}"], seen.of[f"harmless {kind}"]

    assert unlike(hostile.dom, twin.dom) == []
    assert (twin.console, twin.requests) == (hostile.console, hostile.requests) == ([], [])
    assert "<title>owned" not in hostile.dom
    assert "1337" not in re.sub(r"[0-9a-f]{64}", "", hostile.dom)
    assert CONTROL.findall(hostile.dom) == []
    assert "owned" in parsed(hostile.dom).text


def test_nothing_was_asked_of_any_network(seen: Looks) -> None:
    """The browser's own log of the network names no address after every page was shown: no page, no look-up ahead."""
    assert [url for url in seen.addresses if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("words", ["hostile", "harmless"])
def test_the_policy_is_strict(kind: str, words: str, pages: dict[str, dict[str, str]]) -> None:
    """Nothing by default, no inline or evaluated code but by its hash, no base, no form; the same for any words."""
    found = dict(part.strip().partition(" ")[::2] for part in policy(pages[words][kind]).split(";"))

    assert (found["default-src"], found["base-uri"], found["form-action"]) == ("'none'",) * 3
    assert "unsafe" not in policy(pages[words][kind])
    for name in ("script-src", "style-src"):
        assert all(re.fullmatch(r"'none'|'sha256-[A-Za-z0-9+/=]+'", v) for v in found.get(name, "'none'").split())
    assert found.get("connect-src", "'none'") == "'none'"


@pytest.mark.parametrize(
    ("strict", "lax"),
    [
        ("default-src 'none'", "default-src *"),
        ("base-uri 'none'", "base-uri 'self'"),
        ("form-action 'none'", "form-action 'self'"),
        ("style-src ", "style-src 'unsafe-inline' "),
        ("script-src ", "script-src https://a.example "),
    ],
)
def test_a_lax_policy_would_be_seen(strict: str, lax: str, pages: dict[str, dict[str, str]]) -> None:
    """The test above fails for each part of the policy that lets something in."""
    page = pages["harmless"]["comparison"]
    assert strict in page
    with pytest.raises(CAUGHT):
        test_the_policy_is_strict("comparison", "lax", {"lax": {"comparison": page.replace(strict, lax)}})


def test_a_page_that_does_not_escape_would_be_seen(
    pages: dict[str, dict[str, str]], seen: Looks, tmp_path: Path
) -> None:
    """The same look at a page that holds a text as it is finds the elements, and, without the policy, what they did."""
    picture = '<img src="http://127.0.0.1:9/x.png" alt="">'
    spoilt = pages["harmless"]["comparison"].replace("</main>", f"{SCRIPTS[0]}{SCRIPTS[3]}{picture}</main>")
    open_door = spoilt.replace('http-equiv="Content-Security-Policy"', 'name="none"')
    shut = looks({"spoilt": spoilt}, tmp_path)
    (tmp_path / "open").mkdir()
    ajar = looks({"open": open_door}, tmp_path / "open")
    twin = seen.of["harmless comparison"]

    assert any(line.startswith("element ('img'") for line in unlike(shut.of["spoilt"].dom, twin.dom))
    assert len(shut.of["spoilt"].console) > len(twin.console)
    assert not any(url.startswith("http:") for url in shut.addresses)
    assert any(url.startswith("http://127.0.0.1:9/") for url in ajar.addresses)
    assert "handler owned" in unlike(ajar.of["open"].dom, twin.dom)
