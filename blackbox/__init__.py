"""Behavioural similarity tests for hosted language models.

The names below are the public API; each is loaded when it is first used, so that importing `blackbox` is free.
Their types stand in `__init__.pyi`: an import here, even for types alone, would tie every stage to every other.
"""

from __future__ import annotations

from importlib import import_module

__all__ = [
    "BlackboxError",
    "CompareOptions",
    "Comparison",
    "EndpointSpec",
    "Observation",
    "Run",
    "RunRequest",
    "Suite",
    "compare_runs",
    "find_suite",
    "import_table",
    "load_config",
    "load_run",
    "render",
    "run_suites",
    "run_sync",
]

_HOME = {
    "BlackboxError": ("blackbox.errors", "BlackboxError"),
    "CompareOptions": ("blackbox.workflow.compare_options", "CompareOptions"),
    "Comparison": ("blackbox.core", "Comparison"),
    "EndpointSpec": ("blackbox.core", "EndpointSpec"),
    "Observation": ("blackbox.core", "Observation"),
    "Run": ("blackbox.core", "Run"),
    "RunRequest": ("blackbox.workflow.sessions", "RunRequest"),
    "Suite": ("blackbox.core", "Suite"),
    "compare_runs": ("blackbox.workflow.compare", "compare_runs"),
    "find_suite": ("blackbox.suites", "find"),
    "import_table": ("blackbox.workflow.importing", "import_table"),
    "load_config": ("blackbox.workflow.config", "load"),
    "load_run": ("blackbox.workflow.runs", "load_run"),
    "render": ("blackbox.report", "render"),
    "run_suites": ("blackbox.workflow.collecting", "run_suites"),
    "run_sync": ("blackbox.workflow.clock", "run_sync"),
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'blackbox' has no attribute {name!r}")
    module, attribute = _HOME[name]
    value: object = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
