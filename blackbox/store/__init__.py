"""Evidence at rest: journals that lose nothing, runs that can be audited, tables read and comparisons kept."""

from blackbox.store.cache import FeatureCache
from blackbox.store.checkpoints import MATRICES, Checkpoint, read_checkpoint
from blackbox.store.codec import RUN_SCHEMA, decode_observation, encode_observation
from blackbox.store.comparisons import read_comparison, write_comparison
from blackbox.store.manifests import read_manifest
from blackbox.store.naming import new_run_id, slug
from blackbox.store.runs import (
    RunSummary,
    create_run,
    find_runs,
    newest_with_key,
    read_run,
    resolve_run,
)
from blackbox.store.tables import TableFields, TableRow, read_table
from blackbox.store.verify import VerifyReport, verify_run
from blackbox.store.writer import RunWriter, write_observations

__all__ = [
    "MATRICES",
    "RUN_SCHEMA",
    "Checkpoint",
    "FeatureCache",
    "RunSummary",
    "RunWriter",
    "TableFields",
    "TableRow",
    "VerifyReport",
    "create_run",
    "decode_observation",
    "encode_observation",
    "find_runs",
    "new_run_id",
    "newest_with_key",
    "read_checkpoint",
    "read_comparison",
    "read_manifest",
    "read_run",
    "read_table",
    "resolve_run",
    "slug",
    "verify_run",
    "write_comparison",
    "write_observations",
]
