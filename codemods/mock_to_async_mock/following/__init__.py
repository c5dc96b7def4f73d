"""Where the objects of tests come from, where they go, and what production code does with them."""
