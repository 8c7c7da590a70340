"""Sections of a report: one file each, found by file name. Pure: document in, blocks out."""
