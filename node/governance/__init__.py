"""Deciding together: seats, ballots, counts and results.

A sibling of federation and directory: the layer above passes values between them.
"""
