"""Range-based comparison of two scopes: the tree of items, and the words about its ranges."""
