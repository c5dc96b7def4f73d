"""What the functions of one file do with queries and with what these give: plain rows for a decision over all files."""
