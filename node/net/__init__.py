"""Sockets: moves frames between peers and the runtime, and decides nothing about what they mean."""
