"""What is done with the directory: listings, items, importing them, finding and reading them."""
