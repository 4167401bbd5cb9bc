"""Bundles: entries in a file, written for a reader and read as if a neighbour had sent them."""
