"""Counting votes in exact integers: contests in, outcomes with every stage out.

Nothing here knows who may vote, when voting closes or where ballots come from; nothing here opens a file,
reads a clock or draws a number.
"""
