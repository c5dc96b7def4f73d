"""From the terms of functions to the rows that queries give, and to what is read of these, over all files."""
