"""What lies beside the database: the data folder, its lock, key files, files replaced whole."""
