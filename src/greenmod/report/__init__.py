"""What a run found, for people and for programs: one Report, several renderings."""
