"""Fault."""


class Fault:
    """A fault."""
