"""What is done about bodies: who stands for their places and holds them, and their meetings."""
