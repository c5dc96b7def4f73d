"""Fixtures are the tests: cases found as folders, and what the harness proves of each."""
