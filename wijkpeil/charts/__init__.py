"""Pictures of a series and its line."""
