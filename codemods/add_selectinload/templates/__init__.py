"""What Jinja templates read of the context that they are rendered with. Parsed by Jinja itself, never rendered."""
