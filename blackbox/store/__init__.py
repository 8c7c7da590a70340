"""Evidence at rest: journals that lose nothing, runs that can be audited, tables read and comparisons kept."""

from blackbox.store.alpaca_eval import read_alpaca_eval
from blackbox.store.cache import FeatureCache
from blackbox.store.checkpoints import MATRICES, Checkpoint, read_checkpoint
from blackbox.store.codec import RUN_SCHEMA, decode_observation, encode_observation
from blackbox.store.comparisons import read_comparison, write_comparison
from blackbox.store.drifts import DRIFT, read_drift, write_drift
from blackbox.store.examinations import FOLDER as EXAMINATIONS
from blackbox.store.examinations import check_examinable, find_examinations, read_examination, write_examination
from blackbox.store.inspect_logs import read_inspect
from blackbox.store.lm_eval import read_lm_eval
from blackbox.store.manifests import read_manifest
from blackbox.store.naming import new_run_id, slug
from blackbox.store.openai_batch import read_openai_batch
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
    "DRIFT",
    "EXAMINATIONS",
    "MATRICES",
    "RUN_SCHEMA",
    "Checkpoint",
    "FeatureCache",
    "RunSummary",
    "RunWriter",
    "TableFields",
    "TableRow",
    "VerifyReport",
    "check_examinable",
    "create_run",
    "decode_observation",
    "encode_observation",
    "find_examinations",
    "find_runs",
    "new_run_id",
    "newest_with_key",
    "read_alpaca_eval",
    "read_checkpoint",
    "read_comparison",
    "read_drift",
    "read_examination",
    "read_inspect",
    "read_lm_eval",
    "read_manifest",
    "read_openai_batch",
    "read_run",
    "read_table",
    "resolve_run",
    "slug",
    "verify_run",
    "write_comparison",
    "write_drift",
    "write_examination",
    "write_observations",
]
