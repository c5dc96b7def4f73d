"""What is done with the clients, what stands in the way, and what can change together only."""
