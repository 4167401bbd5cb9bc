"""What is done about this node itself: its charter, guardians, forks, tokens, and the store."""
