"""Which kind of mock belongs where, which is there, and what must not be touched."""
