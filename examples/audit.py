# ruff: noqa: B018, D100, INP001, T201 - cells that show and print, as a notebook does
# %% [markdown]
# # An audit from beginning to end
#
# Two endpoints claim to serve one model: `official`, and `reseller`. Here both run on this machine, as small real
# models of known lineage, so the audit needs no key and its answer can be checked. With your own endpoints everything
# from "The questions" on stays as it is; take `load_config` in place of the two specs.
#
# The cells run in Jupyter, VS Code or Spyder, and the whole file as a script: `python examples/audit.py`.

# %%
from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import blackbox
from blackbox import serve
from blackbox.workflow.clock import SYSTEM_CLOCK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.workflow.compare import ComparisonReport

RESULTS = Path(os.environ.get("BLACKBOX_RESULTS") or tempfile.mkdtemp(prefix="blackbox-audit-"))
SERVED = {"official": "a", "reseller": "c"}
"""Endpoint: which model of the zoo really answers. Both claim to be model-a; the reseller serves another one."""

# %% [markdown]
# ## The questions
#
# A short form of one-token: ten questions with one word as answer, ten times each. `blackbox suites show one-token`
# says what it can show and what is known against it.

# %%
suite = blackbox.find_suite("one-token.short")
N_CALLS = sum(probe.repeats for probe in suite.probes)


# %% [markdown]
# ## Asking
#
# Every answer is on disk before it counts; the same request again would send nothing. A second session of `official` is
# the repeat control: the same test, on an endpoint against itself.


# %%
def collected(base_url: str, names: Sequence[str], label: str = "") -> list[str]:
    """Ask the endpoints and return their runs' ids."""
    specs = tuple(
        blackbox.EndpointSpec(
            name=name, kind="openai-chat", base_url=base_url, model=name, claimed_model="model-a", concurrency=8
        )
        for name in names
    )
    request = blackbox.RunRequest(endpoints=specs, suites=(suite,), results=RESULTS, label=label)
    asked = blackbox.run_suites(request, environ={}, clock=SYSTEM_CLOCK, on_progress=lambda _: None)
    return [str(entry.run_id) for entry in blackbox.run_sync(asked).entries]


def compared(names: Sequence[str]) -> ComparisonReport:
    """Compare runs and return the report: its document, and the folder with report.html."""
    settings = blackbox.CompareOptions(created_at=datetime.now(UTC))
    return blackbox.compare_runs(RESULTS, names, settings, lambda _: None)


with serve.running(SERVED) as address:
    official, reseller = collected(address, ["official", "reseller"])
    (again,) = collected(address, ["official"], label="second")

# %% [markdown]
# ## Reading single answers
#
# A run shows itself, and is a frame with a row a call. An answer that is missing has an outcome, never an empty text.

# %%
run = blackbox.load_run(RESULTS, official)
run

# %%
answers = run.to_frame()
print(answers[["probe_id", "outcome", "text"]].head(5))

# %% [markdown]
# ## Comparing
#
# The verdict is one word, its reason and its band; what it does *not* say stands beside it. The second session is named
# so that the report can say what this endpoint does against itself.

# %%
report = compared([official, reseller, again])
report

# %%
print(blackbox.render(report.document, width=80)[:3000])

# %% [markdown]
# ## The same, as numbers
#
# `same.pvalue_adjusted` decides the verdict; the effect has an interval, and the minimum detectable effect says what so
# few calls could have missed.

# %%
pairs = report.to_frame()
print(pairs[["a_endpoint", "b_endpoint", "verdict", "pvalue_adjusted", "effect"]])
control = report.document["pairs"][0]["same"]["repeat_control"]["a"]
print(f"official against itself: {control['kind']}, p = {control['pvalue']}")

# %% [markdown]
# ## What to hand over
#
# The folder: `report.html` opens anywhere, offline; `comparison.json` holds every number (its schema:
# `blackbox schema comparison`); the runs' journals hold every answer, and `blackbox verify` finds edits.

# %%
VERDICT = report.document["pairs"][0]["same"]["verdict"]
print(f"{VERDICT}: {report.path / 'report.html'}")
