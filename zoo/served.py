"""What is true of pairs in which one or both are a member served in another way, e.g. `a@int8`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Row = dict[str, str]


def pair(a: str, b: str, variants: Mapping[str, Mapping[str, Any]], of_members: Callable[[str, str], Row]) -> Row:
    """Return the lineage row of two names of which at least one is a variant.

    Args:
        a: A member or variant.
        b: Another.
        variants: The recipe's variants by name.
        of_members: The row of two different members.
    """
    bases = {name: variants[name]["of"] if name in variants else name for name in (a, b)}
    manners = " and ".join(_manner(name, variants[name]) for name in (a, b) if name in variants)
    if bases[a] == bases[b]:
        flags = dict.fromkeys(("shared_data", "shared_tokenizer", "shared_architecture"), "yes")
        row = {"relation": "same-weights", "truth": manners, "source": bases[a], **flags}
        mixed = any("rest" in variants.get(name, {}) for name in (a, b))
    else:
        row = of_members(bases[a], bases[b])
        row["truth"] = f"{manners}; {row['truth']}"
        mixed = any(_kin(variants.get(x, {}).get("rest"), bases[y], of_members) for x, y in ((a, b), (b, a)))
    return {**row, "a": a, "b": b, "relation": "mixed" if mixed else row["relation"]}


def _manner(name: str, variant: Mapping[str, Any]) -> str:
    if "rest" in variant:
        return f"{name} is {variant['of']}, but {variant['rest']} answers {variant['share']:.0%} of its calls"
    return f"{name} is {variant['of']}, {variant['served']}"


def _kin(rest: str | None, base: str, of_members: Callable[[str, str], Row]) -> bool:
    return rest is not None and (rest == base or of_members(rest, base)["relation"] in {"derived", "siblings"})
