"""Reference endpoint: small models whose lineage is known, served over the OpenAI protocol on loopback."""

from blackbox.serve.catalogue import folder, known, member_at, members, relation, truth, unrelated
from blackbox.serve.requestlog import LoggedRequest, RequestLog
from blackbox.serve.server import running

__all__ = [
    "LoggedRequest",
    "RequestLog",
    "folder",
    "known",
    "member_at",
    "members",
    "relation",
    "running",
    "truth",
    "unrelated",
]
