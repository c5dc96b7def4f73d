"""The command line: one file per command. It parses options and prints, and does nothing else."""
