"""Circles on a node: its content keys, what they open, and who must still be given one."""
