"""What a file does with objects, by `ast`: a small program for each function, as plain data."""
