"""Builders shared by tests: simulated runs with known truth."""
