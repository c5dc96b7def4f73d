"""Mapped classes, schemas and routes over the whole repository: what they are, and what they read of one another."""
