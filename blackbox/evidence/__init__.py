"""Evidence: what the answers say about each question, against its null. Pure: no disk, clock, screen or network."""
