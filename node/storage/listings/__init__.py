"""Listings in tables: searched by words, marks and distance."""
