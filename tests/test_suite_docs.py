"""The page on suites says what the files say."""

from __future__ import annotations

import make_suite_docs

from blackbox.suites import available


def test_the_page_on_suites_is_up_to_date() -> None:
    """docs/suites.md is what `scripts/make_suite_docs.py` writes."""
    assert make_suite_docs.TARGET.read_text(encoding="utf-8") == make_suite_docs.document()


def test_the_page_names_every_suite_and_what_was_not_checked() -> None:
    """Each family in its newest version, and each line of what its writers could not check."""
    page = make_suite_docs.TARGET.read_text(encoding="utf-8")
    newest = {suite.name: suite for suite in available()}
    for suite in newest.values():
        assert f"| `{suite.name}@{suite.version}` |" in page
        assert suite.detects in page
        assert suite.against in page
        assert all(line in page for line in suite.unchecked)
