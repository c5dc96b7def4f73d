"""What one file says of mapped classes, schemas and routes, as plain data."""
