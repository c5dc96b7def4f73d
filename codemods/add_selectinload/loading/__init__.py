"""From what is read to loader options: which are there, which are missing, and where they go."""
