"""What can only be known once the subset of changes is: imports, and the format of the files that changed."""
