"""The store in a PostgreSQL database, for hubs."""
