"""The file that scripts the reference endpoint (`blackbox.serve-script/1`), read strictly: one clear line if wrong.

schema: blackbox.serve-script/1
seed: 7                        # of every share that is drawn; 0 unless stated
reasoning: [thinker]           # served names that reason before they answer
rules:                         # in order; of several faults that hold, the first strikes
- quirk: reroute-share       # or fault: NAME
value: 0.2:b               # the quirk's default unless stated
models: [product]          # served names; all unless stated
requests: 10-20, 30, 50-   # numbers of the served name's requests, from 1
after_s: 60                # seconds from the start
until_s: 120
share: 0.5                 # of the requests left
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from blackbox import serve
from blackbox.errors import UsageError
from blackbox.suites.fields import Place, choice, did_you_mean, listing, mapping, number, shown, text, whole
from blackbox.suites.source import MAX_BYTES, decode, read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

SCHEMA = "blackbox.serve-script/1"
_RULE = ("quirk", "fault", "value", "models", "requests", "after_s", "until_s", "share")
_LONGEST_S = 1e9
_MAX_SEED = 2**63 - 1
_RANGE = re.compile(r"([1-9][0-9]{0,11})(?:(-)([1-9][0-9]{0,11})?)?")


def read_script(path: Path, *, served: Sequence[str]) -> serve.Script:
    """Return what a script file says.

    Args:
        path: YAML or JSON.
        served: The names that rules may speak of.

    Raises:
        SuiteError: One line with file, line, what is wrong and what to write.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or 'unreadable').lower()}") from None
    source = read(decode(data, str(path)), str(path))
    return build_script(source.document, source.place, served=served)


def build_script(document: Mapping[str, Any], place: Place, *, served: Sequence[str]) -> serve.Script:
    """Return the script that a document describes.

    Raises:
        SuiteError: One line with the place, what is wrong and what to write.
    """
    mapping(document, place, known=("schema", "seed", "reasoning", "rules"), required=("schema", "rules"))
    choice(document["schema"], place.at("schema"), of=(SCHEMA,))
    rules = listing(document["rules"], place.at("rules"), of="rules")
    return serve.Script(
        rules=tuple(_rule(rule, place.at("rules").at(i), served) for i, rule in enumerate(rules)),
        seed=whole(document.get("seed", 0), place.at("seed"), low=0, high=_MAX_SEED),
        reasoning=_names(document.get("reasoning"), place.at("reasoning"), served) or (),
    )


def _rule(value: object, place: Place, served: Sequence[str]) -> serve.Rule:
    fields = mapping(value, place, known=_RULE)
    kinds = [kind for kind in _KINDS if kind in fields]
    if len(kinds) != 1:
        raise place.error("a rule has one quirk or one fault", write="write quirk: NAME or fault: NAME")
    what = text(fields[kinds[0]], place.at(kinds[0]))
    setting = _setting(fields.get("value"), place.at("value"))
    try:
        does = _KINDS[kinds[0]](what, setting)
    except UsageError as wrong:
        at = place.at("value" if "value" in fields and not str(wrong).startswith("unknown") else kinds[0])
        message, _, hint = str(wrong).rpartition("; ")
        raise at.error(message, write=hint) from None
    return serve.Rule(
        name=what if setting is None else f"{what}={setting}", does=does, when=_when(fields, place, served)
    )


def _setting(value: object, place: Place) -> str | None:
    """Return a value as the text it would be on the command line."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise place.error(f"expected text or a number, found {shown(value)}", write="write e.g. value: 0.2")
    return str(value)


def _when(fields: Mapping[str, object], place: Place, served: Sequence[str]) -> serve.When:
    after = number(fields.get("after_s", 0), place.at("after_s"), low=0, high=_LONGEST_S)
    until = fields.get("until_s")
    if until is not None:
        until = number(until, place.at("until_s"), low=after, high=_LONGEST_S, above=True)
    return serve.When(
        models=_names(fields.get("models"), place.at("models"), served),
        requests=None if "requests" not in fields else _requests(fields["requests"], place.at("requests")),
        after_s=after,
        until_s=until,
        share=number(fields.get("share", 1), place.at("share"), low=0, high=1),
    )


def _names(value: object, place: Place, served: Sequence[str]) -> tuple[str, ...] | None:
    if value is None:
        return None
    items = [value] if isinstance(value, str) else listing(value, place, of="served names")
    for item in items:
        if item not in served:
            raise place.error(f"no model is served as {shown(item)}", write=did_you_mean(str(item), served))
    return tuple(str(item) for item in items)


def _requests(value: object, place: Place) -> tuple[tuple[int, int | None], ...]:
    parts = [str(value)] if isinstance(value, int) and not isinstance(value, bool) else _parts(value)
    ranges = [_RANGE.fullmatch(part) for part in parts]
    if not parts or not all(ranges):
        raise place.error(f"{shown(value)} are no request numbers", write="write e.g. requests: 10-20, 30, 50-")
    found = tuple(_first_and_last(each) for each in ranges if each)
    for first, last in found:
        if last is not None and last < first:
            raise place.error(f"{first}-{last} ends before it begins", write=f"write {last}-{first}")
    return found


def _parts(value: object) -> list[str]:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else []


def _first_and_last(found: re.Match[str]) -> tuple[int, int | None]:
    first = int(found[1])
    if found[2] is None:
        return first, first
    return first, None if found[3] is None else int(found[3])


_KINDS: Mapping[str, Callable[[str, str | None], Any]] = {"quirk": serve.make_quirk, "fault": serve.make_fault}
