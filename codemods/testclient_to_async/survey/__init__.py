"""What is remembered of each file, found by `ast`."""
