"""Lists that others keep, read into profiles: each repair said, each doubt marked, nothing guessed silently.

`reader.read` is the door: bytes and a file's name in, an `ImportReport` out.
"""
