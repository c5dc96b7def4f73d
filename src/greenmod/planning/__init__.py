"""The heavy half of a run: survey, decide, propose, and one ChangeSet out of it."""
