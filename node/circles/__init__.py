"""Circles: named communities that share what the other members of a federation carry and cannot read.

Pure rules. How it fits together, and what it keeps from whom: docs/circles.md.
"""
