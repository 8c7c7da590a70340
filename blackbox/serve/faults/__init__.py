"""Faults: what goes wrong between a client and a server, each as it looks on the wire.

A fault is a function of one of this folder's modules, registered under its name; adding one is adding that function.
The names, and what a run makes of each, are in `FAULTS`.
"""

from blackbox.serve.faults import bodies, connections, limits, refusals
from blackbox.serve.faults.registry import FAULTS, Fault, FaultKind, OnWire, Sent, Struck, make_fault

__all__ = [
    "FAULTS",
    "Fault",
    "FaultKind",
    "OnWire",
    "Sent",
    "Struck",
    "bodies",
    "connections",
    "limits",
    "make_fault",
    "refusals",
]
