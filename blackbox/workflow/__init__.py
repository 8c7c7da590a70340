"""Journeys: the only place where stages are joined. Modules are imported singly: each costs what it uses."""
