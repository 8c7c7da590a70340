"""Comparison document → JUnit XML for a CI job: a test suite a probe suite, a test case a pair.

A pair called different is a failure. An inconclusive pair is an error, not a pass: what could not be decided must not
look like what was. A pair that could not be tested is skipped. Only an equivalent pair passes.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from blackbox.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KINDS: Mapping[str, str] = {
    "different": "failure",
    "inconclusive": "error",
    "not_applicable": "skipped",
    "equivalent": "passed",
}
_COUNTED: Mapping[str, str] = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def render(document: Mapping[str, Any]) -> str:
    """Return the document as JUnit XML, its text free of anything XML or a terminal would obey."""
    root = ET.Element("testsuites", name="blackbox")
    by_suite: dict[str, list[Mapping[str, Any]]] = {}
    for pair in document.get("pairs") or ():
        by_suite.setdefault(str(pair.get("suite")), []).append(pair)
    created = str((document.get("provenance") or {}).get("created_at") or "")
    for suite, pairs in by_suite.items():
        root.append(_suite(suite, pairs, created))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(name: str, pairs: Sequence[Mapping[str, Any]], created: str) -> ET.Element:
    cases = [_case(name, title, pair) for title, pair in zip(_titles(pairs), pairs, strict=True)]
    element = ET.Element("testsuite", name=_clean(name), tests=str(len(cases)))
    if created:
        element.set("timestamp", _clean(created))
    for kind, attribute in _COUNTED.items():
        element.set(attribute, str(sum(case.find(kind) is not None for case in cases)))
    element.extend(cases)
    return element


def _titles(pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the pairs' names, with their runs where a name would stand twice: readers keep one case a name."""
    names = [f"{pair.get('a_endpoint')} against {pair.get('b_endpoint')}" for pair in pairs]
    runs = [f"{pair.get('a')} against {pair.get('b')}" for pair in pairs]
    times = Counter(names)
    return [f"{name} ({run})" if times[name] > 1 else name for name, run in zip(names, runs, strict=True)]


def _case(suite: str, name: str, pair: Mapping[str, Any]) -> ET.Element:
    same = pair.get("same") or {}
    case = ET.Element("testcase", classname=_clean(f"blackbox.{suite}"), name=_clean(name))
    sentence = str((pair.get("sentences") or {}).get("same") or same.get("reason") or "")
    kind = _KINDS.get(str(same.get("verdict")), "error")  # a verdict this version doesn't know is no pass
    if kind != "passed":
        ET.SubElement(case, kind, message=_clean(sentence), type=_clean(str(same.get("verdict"))))
    out = ET.SubElement(case, "system-out")
    out.text = "\n".join(_clean(text) for text in (sentence, _related(pair)) if text)
    return case


def _related(pair: Mapping[str, Any]) -> str:
    return str((pair.get("sentences") or {}).get("related") or "")


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", visible(text))
