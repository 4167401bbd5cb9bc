"""What is done about federations: founding, joining, declining, and what waits for further stewards."""
