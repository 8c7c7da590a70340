"""A plain suite document to `core.Suite`: every field checked once, here, at the edge.

The document (`blackbox.suite/1`) is described in `blackbox.suites`. A suite's digest is taken of the
document without its `digest`, so nothing that a probe or decision rule says can change unnoticed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeAlias, TypeVar, cast

from blackbox.core import Decision, Decoding, Form, Message, Probe, Suite, canonical
from blackbox.core import digest as digest_of
from blackbox.suites.extras import EXTRAS, answer_key, check_parser, extras, facts
from blackbox.suites.fields import Place, choice, language, listing, mapping, name, number, shown, text, whole
from blackbox.suites.tool_schemas import tools

SCHEMA = "blackbox.suite/1"
PARSERS = (
    "text", "word", "number", "letter", "coin", "colour", "choice", "numbers", "refusal", "claim", "tool"
)  # fmt: skip
"""How a closed answer becomes a category; `features` owns the meaning."""
QUESTIONS = ("same", "related", "changed", "mixed", "which")

Origin: TypeAlias = Literal["shipped", "file", "imported"]

_REQUIRED = ("schema", "name", "version", "questions", "probes")
_FIELDS = (
    *_REQUIRED, "digest", "title", "description", "licence", "origin", "system", "decoding", "decision", "defaults",
    *EXTRAS
)  # fmt: skip
_SHARED = ("family", "language", "form", "repeats", "max_output_tokens", "parser")
_PROBE = ("id", *_SHARED, "prompt", "messages", "decoding", "tools", "key", "facts")
_ROLES = ("system", "user", "assistant")
_MAX_SEED = 2**63 - 1
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    """What `defaults` may state for all probes and a probe may state for itself; None: not stated."""

    family: str | None = None
    language: str | None = None
    form: str | None = None
    repeats: int | None = None
    max_output_tokens: int | None = None
    parser: str | None = None

    def merged(self, other: _Shared) -> _Shared:
        stated = {f.name: getattr(other, f.name) for f in fields(other) if getattr(other, f.name) is not None}
        return replace(self, **stated)


def build(document: Mapping[str, Any], place: Place, *, origin: Origin, check_digest: bool = True) -> Suite:
    """Return the suite that `document` describes.

    Args:
        document: Plain JSON types; not modified, and not shared with the suite.
        place: The top of the document, for messages.
        origin: Where it came from, unless the document itself says `origin: imported`.
        check_digest: Whether the document must carry the digest of its content; off only to compute it.

    Raises:
        SuiteError: One line with file, line, what is wrong and what to write.
    """
    own = _copied(document, place)
    mapping(own, place, known=_FIELDS, required=_REQUIRED)
    choice(own["schema"], place.at("schema"), of=(SCHEMA,))
    if "origin" in own:
        origin = cast("Origin", choice(own["origin"], place.at("origin"), of=("imported",)))
    suite = Suite(
        name=name(own["name"], place.at("name")),
        version=whole(own["version"], place.at("version"), low=1, high=9999),
        digest=content_digest(own),
        origin=origin,
        questions=_questions(own["questions"], place.at("questions")),
        decoding=_decoding(own.get("decoding", {}), place.at("decoding")),
        decision=_decision(own.get("decision", {}), place.at("decision")),
        probes=_probes(own, place, imported=origin == "imported"),
        title=text(own.get("title", ""), place.at("title")),
        description=text(own.get("description", ""), place.at("description")),
        licence=text(own.get("licence", ""), place.at("licence")),
        document=own,
    )
    suite = replace(suite, **extras(own, place, suite.probes))
    if check_digest:
        _check_digest(own, suite.digest, place)
    return suite


def content_digest(document: Mapping[str, Any]) -> str:
    """Return the digest a document must carry: of everything in it but `digest` (DESIGN §5)."""
    return digest_of({key: value for key, value in document.items() if key != "digest"})


def _copied(document: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """Return a private copy as strict JSON reads it back, so that equal digests mean equal suites."""
    try:
        copy = json.loads(canonical(document))
    except (ValueError, TypeError, RecursionError) as error:
        fix = "write text, finite numbers, lists and mappings"
        raise place.error(f"not a JSON document ({error})", write=fix) from None
    if not isinstance(copy, dict):
        raise place.error(f"expected a mapping, found {shown(copy)}", write=f"write fields such as schema: {SCHEMA}")
    return copy


def _check_digest(document: Mapping[str, Any], computed: str, place: Place) -> None:
    where = place.at("digest")
    fix = f'write digest: "{computed}" or run: blackbox suites lock {place.source}'
    if "digest" not in document:
        raise place.error("the field 'digest' is missing", write=fix)
    if document["digest"] != computed:
        raise where.error(f"{shown(document['digest'])} is not the digest of this content", write=fix)


def _questions(value: object, place: Place) -> tuple[str, ...]:
    items = listing(value, place, of="questions")
    return tuple(choice(item, place.at(i), of=QUESTIONS) for i, item in enumerate(items))


def _decoding(value: object, place: Place) -> Decoding:
    known = ("temperature", "top_p", "seed", "stop", "top_logprobs")
    if isinstance(value, Mapping) and "max_output_tokens" in value:
        where = place.at("max_output_tokens")
        raise where.error("not a field of decoding", write="write max_output_tokens in defaults or in the probe")
    found = mapping(value, place, known=known)
    stated: dict[str, Any] = {}
    for key, high in (("seed", _MAX_SEED), ("top_logprobs", 20)):
        if key in found:
            stated[key] = whole(found[key], place.at(key), low=0, high=high)
    if "temperature" in found:
        stated["temperature"] = number(found["temperature"], place.at("temperature"), low=0, high=2)
    if "top_p" in found:
        stated["top_p"] = number(found["top_p"], place.at("top_p"), low=0, high=1, above=True)
    if "stop" in found:
        stated["stop"] = _stop(found["stop"], place.at("stop"))
    return Decoding(**stated)


def _stop(value: object, place: Place) -> tuple[str, ...]:
    return tuple(text(item, place.at(i), least=1) for i, item in enumerate(listing(value, place, of="stop texts")))


def _decision(value: object, place: Place) -> Decision:
    wholes = {"n_permutations": (99, 999_999), "seed": (0, _MAX_SEED), "looks": (1, 20)}
    shares = {"alpha": 0.5, "margin": 1.0}
    found = mapping(value, place, known=(*shares, *wholes))
    stated: dict[str, Any] = {}
    for key, item in found.items():
        if key in shares:
            stated[key] = number(item, place.at(key), low=0, high=shares[key], above=True)
        else:
            low, high = wholes[key]
            stated[key] = whole(item, place.at(key), low=low, high=high)
    return Decision(**stated)


def _probes(document: Mapping[str, Any], place: Place, *, imported: bool) -> tuple[Probe, ...]:
    system = text(document["system"], place.at("system"), least=1) if "system" in document else None
    defaults = place.at("defaults")
    shared = _shared(mapping(document.get("defaults", {}), defaults, known=_SHARED), defaults, imported=imported)
    here = place.at("probes")
    lines: dict[str, Place] = {}
    probes = []
    for i, item in enumerate(listing(document["probes"], here, of="probes")):
        probe = _probe(item, here.at(i), shared=shared, system=system, imported=imported)
        if probe.id in lines:
            first = lines[probe.id].line
            where = f" (first on line {first})" if first else ""
            raise here.at(i).at("id").error(f"the id {shown(probe.id)} is used twice{where}", write="write another id")
        lines[probe.id] = here.at(i).at("id")
        probes.append(probe)
    return tuple(probes)


def _probe(value: object, place: Place, *, shared: _Shared, system: str | None, imported: bool) -> Probe:
    found = mapping(value, place, known=_PROBE, required=("id",))
    stated = shared.merged(_shared(found, place, imported=imported))
    check_parser(stated.parser or "text", found, place)
    return Probe(
        id=text(found["id"], place.at("id"), least=1) if imported else name(found["id"], place.at("id")),
        family=_needed(stated.family, "family", place),
        language=_needed(stated.language, "language", place),
        form=cast("Form", _needed(stated.form, "form", place)),
        repeats=_needed(stated.repeats, "repeats", place),
        max_output_tokens=stated.max_output_tokens
        if imported
        else _needed(stated.max_output_tokens, "max_output_tokens", place),
        messages=_messages(found, place, system=system),
        decoding=_decoding(found["decoding"], place.at("decoding")) if "decoding" in found else None,
        parser=stated.parser or "text",
        tools=tools(found["tools"], place.at("tools")) if "tools" in found else (),
        key=answer_key(found["key"], place.at("key")) if "key" in found else None,
        facts=facts(found["facts"], place.at("facts")) if "facts" in found else (),
    )


def _needed(value: _T | None, field: str, place: Place) -> _T:
    if value is None:
        raise place.error(f"the field {field!r} is missing", write=f"write {field}: … here or in defaults")
    return value


def _shared(found: Mapping[str, object], place: Place, *, imported: bool) -> _Shared:
    forms = ("closed", "open", "auto") if imported else ("closed", "open")
    words: dict[str, Any] = {}
    for key, check in (("family", name), ("language", language)):
        if key in found:
            words[key] = check(found[key], place.at(key))
    for key, allowed in (("form", forms), ("parser", PARSERS)):
        if key in found:
            words[key] = choice(found[key], place.at(key), of=allowed)
    limits = {"repeats": 1000, "max_output_tokens": 131_072}
    counts = {k: whole(found[k], place.at(k), low=1, high=high) for k, high in limits.items() if k in found}
    return _Shared(**(words | counts))


def _messages(found: Mapping[str, object], place: Place, *, system: str | None) -> tuple[Message, ...]:
    if ("prompt" in found) == ("messages" in found):
        which = (
            "both 'prompt' and 'messages' are given"
            if "prompt" in found
            else "neither 'prompt' nor 'messages' is given"
        )
        raise place.error(which, write='write one of them, e.g. prompt: "…"')
    if "messages" in found:
        return _conversation(found["messages"], place.at("messages"))
    user = Message(role="user", content=text(found["prompt"], place.at("prompt")))
    return (user,) if system is None else (Message(role="system", content=system), user)


def _conversation(value: object, place: Place) -> tuple[Message, ...]:
    messages = []
    for i, item in enumerate(listing(value, place, of="messages")):
        here = place.at(i)
        found = mapping(item, here, known=("role", "content"), required=("role", "content"))
        role = cast("Literal['system', 'user', 'assistant']", choice(found["role"], here.at("role"), of=_ROLES))
        if role == "system" and i > 0:
            raise here.at("role").error("a system message stands after others", write="write it as the first message")
        messages.append(Message(role=role, content=text(found["content"], here.at("content"))))
    if messages[-1].role != "user":
        raise place.error("the last message is not the user's", write="write a last message with role: user")
    return tuple(messages)
