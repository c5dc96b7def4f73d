"""The operations of one file, carried out on LibCST's tree, and the check of what came out."""
