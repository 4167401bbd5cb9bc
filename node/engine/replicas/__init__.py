"""Replicas: documents made from entries, held in memory, begun anew in epochs, and kept small."""
