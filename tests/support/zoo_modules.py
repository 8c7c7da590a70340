"""The zoo's own programs, which are no package, as modules."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

_ZOO = Path(__file__).parents[2] / "zoo"


def zoo_module(name: str) -> ModuleType:
    """Return zoo/<name>.py."""
    spec = importlib.util.spec_from_file_location(f"zoo_{name}", _ZOO / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
