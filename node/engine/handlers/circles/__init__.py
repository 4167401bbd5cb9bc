"""What is done about circles."""
