from blackbox.core import Comparison as Comparison
from blackbox.core import EndpointSpec as EndpointSpec
from blackbox.core import Observation as Observation
from blackbox.core import Run as Run
from blackbox.core import Suite as Suite
from blackbox.errors import BlackboxError as BlackboxError
from blackbox.report import render as render
from blackbox.suites import find as find_suite
from blackbox.workflow.clock import run_sync as run_sync
from blackbox.workflow.collecting import run_suites as run_suites
from blackbox.workflow.compare import compare_runs as compare_runs
from blackbox.workflow.compare_options import CompareOptions as CompareOptions
from blackbox.workflow.config import load as load_config
from blackbox.workflow.importing import import_table as import_table
from blackbox.workflow.runs import load_run as load_run
from blackbox.workflow.sessions import RunRequest as RunRequest

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
