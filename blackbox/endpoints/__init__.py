"""Endpoint kinds: the only client code that speaks HTTP, one kind a file.

A module here whose name has no leading underscore declares `ENDPOINT` (`core.EndpointKind`) and is found by its file
name. What every kind shares: `_transport` guards each byte in both directions, `_errors` turns what went wrong into
our own errors without the request, `_reply` turns each reply into exactly one typed outcome.
"""
