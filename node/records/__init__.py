"""Records: immutable statements, each signed by the key that makes it and valid by itself."""
