"""What is known about a repository without LibCST: facts per file by `ast`, and answers over all of them."""
