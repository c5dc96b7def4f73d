"""How the project runs its tests, and what it declares: settings, runners, dependencies."""
