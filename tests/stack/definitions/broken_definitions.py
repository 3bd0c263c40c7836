"""Definitions that do not load."""

raise RuntimeError("the feed called lab_reslut is not known")
