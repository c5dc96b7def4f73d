"""Load a relationship eagerly where the rows of a query have it read: the survey of models, and what they come to."""
