"""What two nodes say to each other, as machines that touch no socket, clock or source of randomness."""
