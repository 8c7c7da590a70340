"""Make the zoo: `python zoo/train.py [NAME…]` trains the members named, or all that the recipe lists.

Several at a time, in processes of one thread each: that is what two cores do most work with. A process keeps the texts
and tokenizers it has read for the next member. Parents are read from disk where they exist and are made first where
they don't. Same Python, same package versions and same
processor: same weights; otherwise the same recipe, and weights that behave alike.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from lineage import full_rows, sources

if TYPE_CHECKING:
    from making import Workshop

_HERE = Path(__file__).parent
_SHIPPED = _HERE.parent / "blackbox" / "serve" / "zoo"


def main() -> int:
    """Train what the command line names; returns 1 if something failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="members to train; none: all")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--to", type=Path, default=_SHIPPED, help="folder the members are written to")
    asked = parser.parse_args()
    rows, began = full_rows(_recipe()), time.monotonic()
    names = asked.names or list(rows)
    _train_apart(names, rows, asked)
    print(f"all in {time.monotonic() - began:.0f} s", flush=True)
    return int(any(not _is_there(name, rows[name], asked.to) for name in names))


def _train_apart(names: list[str], rows: dict[str, dict[str, Any]], asked: argparse.Namespace) -> None:
    """Train each member as soon as those it is made from are there."""
    waiting, running = list(names), dict[Future[None], str]()
    with ProcessPoolExecutor(asked.jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        while waiting or running:
            busy = {*waiting, *running.values()}
            for name in [name for name in waiting if not busy & set(sources(rows[name]))]:
                waiting.remove(name)
                running[pool.submit(_train, name, asked.to)] = name
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                name = running.pop(future)
                if (failure := future.exception()) is not None:
                    print(f"{name} failed, and nothing that needs it is made: {failure!r}", file=sys.stderr)
                    waiting.clear()


def _train(name: str, to: Path) -> None:
    """Make one member in this process, and write its card."""
    from cards import write_card

    began, workshop = time.monotonic(), _workshop(to)
    print(f"{name}: {workshop.members[name]['how']}", flush=True)
    made = workshop.make(name)
    write_card(made, workshop.recipe, workshop.place(name))
    print(f"{name}: loss {made.learnt.loss:.3f}, {time.monotonic() - began:.0f} s in all", flush=True)


@cache
def _workshop(to: Path) -> Workshop:
    import torch
    from making import Workshop

    torch.set_num_threads(1)
    return Workshop(recipe=_recipe(), folder=to, stages=_HERE / ".stages")


def _recipe() -> dict[str, Any]:
    recipe: dict[str, Any] = yaml.safe_load((_HERE / "recipe.yaml").read_text("utf-8"))
    return recipe


def _is_there(name: str, row: dict[str, Any], to: Path) -> bool:
    folder = to if row.get("shipped", True) else _HERE / ".stages"
    return (folder / name / "model.safetensors").is_file()


if __name__ == "__main__":
    sys.exit(main())
