"""A guard that is seen to fail: the same check, run against a version that is broken on purpose."""

from __future__ import annotations

import pytest

CAUGHT = (AssertionError, pytest.fail.Exception)
"""What a check ends with that failed: for `pytest.raises`, around the check itself."""
