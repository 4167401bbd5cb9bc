"""Hedgerow: the node a community runs to stand in a network of communities.

The distribution is called ``hedgerow``; the import package is ``node``. ARCHITECTURE.md shows the rooms.
"""
