"""The HTTP API: operations by subject, the table of them all, and how they are served."""
