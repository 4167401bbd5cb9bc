"""Deciding: this node puts, witnesses, closes and acts on questions, as its stored records tell."""
