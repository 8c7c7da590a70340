"""Reference endpoint: small models whose lineage is known, served over the OpenAI protocol on loopback."""

from blackbox.serve.catalogue import folder, known, member_at, members, relation, truth, unrelated
from blackbox.serve.exchange import When
from blackbox.serve.faults import FAULTS, make_fault
from blackbox.serve.fixed import FixedAnswers
from blackbox.serve.quirks import QUIRKS, make_quirk
from blackbox.serve.requestlog import LoggedRequest, RequestLog
from blackbox.serve.rules import Rule, Script, quirk_rule
from blackbox.serve.server import running

__all__ = [
    "FAULTS",
    "QUIRKS",
    "FixedAnswers",
    "LoggedRequest",
    "RequestLog",
    "Rule",
    "Script",
    "When",
    "folder",
    "known",
    "make_fault",
    "make_quirk",
    "member_at",
    "members",
    "quirk_rule",
    "relation",
    "running",
    "truth",
    "unrelated",
]
