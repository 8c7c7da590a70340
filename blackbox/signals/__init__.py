"""Signals, one file each: two feature matrices become a two-sample statistic or a kinship score. Pure formulas."""
