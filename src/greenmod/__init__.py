"""greenmod: codemods that keep the tests green."""

__version__ = "0.1.0"
