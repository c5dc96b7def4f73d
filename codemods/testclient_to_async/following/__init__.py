"""Names over the whole repository, and the clients that they hold."""
