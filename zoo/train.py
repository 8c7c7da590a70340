"""Make the zoo: `python zoo/train.py [NAME…]` trains the members named, or all that the recipe lists.

Parents are read from disk where they exist and are made first where they don't. Same Python, same package
versions and same processor: same weights; otherwise the same recipe, and weights that behave alike.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch
import yaml
from cards import write_card
from making import Workshop

_HERE = Path(__file__).parent
_SHIPPED = _HERE.parent / "blackbox" / "serve" / "zoo"


def main() -> None:
    """Train what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="members to train; none: all")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--to", type=Path, default=_SHIPPED, help="folder the members are written to")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    recipe = yaml.safe_load((_HERE / "recipe.yaml").read_text("utf-8"))
    workshop = Workshop(recipe=recipe, folder=asked.to, stages=_HERE / ".stages")
    for name in asked.names or recipe["members"]:
        began = time.monotonic()
        print(f"{name}: {recipe['members'][name]['how']}", flush=True)
        made = workshop.make(name)
        write_card(made, recipe, workshop.place(name))
        print(f"{name}: loss {made.learnt.loss:.3f}, {time.monotonic() - began:.0f} s in all", flush=True)


if __name__ == "__main__":
    sys.exit(main())
