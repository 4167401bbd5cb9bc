"""What one node keeps: the store in memory and on SQLite, the data folder and the key files in it."""
