"""Renderers: blocks → text for a terminal, one offline HTML page, strict JSON."""
