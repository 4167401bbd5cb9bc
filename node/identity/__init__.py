"""Identity: who a community is, by its charter and what was signed about it since."""
