"""Sessions: whom this node is linked with, what it shares with them, and how much it takes from each."""
