"""The demo: real nodes of made-up communities on this machine, from `init` to a counted vote, and their end.

This process starts the nodes, asks them and shows what they answer. It stands above the runtime and counts
nothing itself: every id, number and result comes from a node.
"""
