"""Statistics on arrays: numpy and scipy only, no knowledge of probes, runs or models."""
