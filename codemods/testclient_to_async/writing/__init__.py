"""A component as operations: what is written at each of its places, and how names are spelled there."""
