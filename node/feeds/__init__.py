"""Feeds: what one device key has published in one scope, as a chain of entries under few signatures."""
