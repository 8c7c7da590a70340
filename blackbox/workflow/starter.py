"""`blackbox init`: a commented configuration and, beside it, the JSON Schema that editors check it with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blackbox.errors import BlackboxError, UsageError
from blackbox.workflow.config_file import SCHEMA_PATH

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA_NAME = "blackbox.schema.json"

_TOP = f"""\
# yaml-language-server: $schema=./{SCHEMA_NAME}
# What blackbox talks to. Check it with: blackbox plan
# Keys never stand here: each block names the environment variable that holds its key.

endpoints:
  # Your own names. kind + base_url + model reach any OpenAI-compatible server:
  local:
    kind: openai-chat
    base_url: http://127.0.0.1:8000/v1
    model: my-model
    # api_key_env: MY_SERVER_API_KEY      # the NAME of a variable; left out: no key is sent
    # claimed_model: llama-3.1-8b         # what the seller says it is, if `model` doesn't
    # rpm: 60                             # requests a minute, at most
    # concurrency: 4                      # requests under way at once
    # prices: {{input_per_mtok: 0.15, output_per_mtok: 0.60}}   # lets --max-cost stop in time

  # A preset knows a vendor's address, key variable and quirks:
"""
_BOTTOM = """\

# suites: [standard]                           # suites or profiles that plan and run use when -s names none
# results: ./results                           # folder of runs
# label: monday                                # another label is another session of the same endpoint
# max_cost: 0.40
# max_requests: 5000
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What `init` wrote."""

    path: Path
    schema_path: Path


def write_starter(folder: Path, *, results: Path | None = None, name: str = "blackbox.yaml") -> Started:
    """Write a commented configuration into a folder; an existing one is never overwritten.

    Raises:
        UsageError: There is one already.
        BlackboxError: The folder can't be written.
    """
    path = folder / name
    started = Started(path=path, schema_path=path.with_name(SCHEMA_NAME))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(starter_text(results=results))
        started.schema_path.write_bytes(SCHEMA_PATH.read_bytes())
    except FileExistsError:
        raise UsageError(f"{path} exists already; edit it, or remove it first") from None
    except OSError as error:
        raise BlackboxError(f"{path}: {(error.strerror or 'not writable').lower()}") from None
    return started


def starter_text(*, results: Path | None = None) -> str:
    """Return the commented configuration, with an example of every preset."""
    from blackbox.endpoints._presets import load_presets

    examples = [f"  # my-{p.name}: {{preset: {p.name}, model: …}}   # {p.title}\n" for p in load_presets().values()]
    bottom = _BOTTOM
    if results is not None:
        bottom = bottom.replace("# results: ./results", f'results: "{results.as_posix()}"')
    return _TOP + "".join(examples) + bottom
