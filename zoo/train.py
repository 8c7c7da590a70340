"""Make the zoo: `python zoo/train.py [NAME…]` trains the members named, or all that the recipe lists.

Several at a time, each in a process of its own with one thread: that is what two cores do most work with. Parents are
read from disk where they exist and are made first where they don't. Same Python, same package versions and same
processor: same weights; otherwise the same recipe, and weights that behave alike.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import yaml
from lineage import full_rows, sources

_HERE = Path(__file__).parent
_SHIPPED = _HERE.parent / "blackbox" / "serve" / "zoo"


def main() -> int:
    """Train what the command line names; returns 1 if something failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="members to train; none: all")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time; 0: in this one, one after the other")
    parser.add_argument("--to", type=Path, default=_SHIPPED, help="folder the members are written to")
    asked = parser.parse_args()
    recipe = yaml.safe_load((_HERE / "recipe.yaml").read_text("utf-8"))
    names = asked.names or list(recipe["members"])
    if asked.jobs == 0:
        _train(names, recipe, asked.to)
        return 0
    return _train_apart(names, recipe, asked)


def _train(names: list[str], recipe: dict[str, Any], to: Path) -> None:
    import torch
    from cards import write_card
    from making import Workshop

    torch.set_num_threads(1)
    workshop = Workshop(recipe=recipe, folder=to, stages=_HERE / ".stages")
    for name in names:
        began = time.monotonic()
        print(f"{name}: {recipe['members'][name]['how']}", flush=True)
        made = workshop.make(name)
        write_card(made, recipe, workshop.place(name))
        print(f"{name}: loss {made.learnt.loss:.3f}, {time.monotonic() - began:.0f} s in all", flush=True)


def _train_apart(names: list[str], recipe: dict[str, Any], asked: argparse.Namespace) -> int:
    """Train each member in a process of its own, as soon as those it is made from are there."""
    rows, began = full_rows(recipe), time.monotonic()
    waiting, running = list(names), dict[Future[int], str]()
    with ThreadPoolExecutor(asked.jobs) as pool:
        while waiting or running:
            busy = {*waiting, *running.values()}
            for name in [name for name in waiting if not busy & set(sources(rows[name]))]:
                waiting.remove(name)
                command = [sys.executable, __file__, "--jobs", "0", "--to", str(asked.to), name]
                running[pool.submit(subprocess.call, command)] = name
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                name = running.pop(future)
                if future.result() != 0:
                    print(f"{name} failed; nothing that needs it is made", file=sys.stderr)
                    waiting.clear()
    print(f"all in {time.monotonic() - began:.0f} s", flush=True)
    return int(any(not _is_there(name, rows[name], asked.to) for name in names))


def _is_there(name: str, row: dict[str, Any], to: Path) -> bool:
    folder = to if row.get("shipped", True) else _HERE / ".stages"
    return (folder / name / "model.safetensors").is_file()


if __name__ == "__main__":
    sys.exit(main())
