"""The chain of rolls: which are held, which stand, and which are certified, as this node's records tell."""
