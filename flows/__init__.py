"""wijkpeil: takes the level of Dutch neighbourhoods, every year, from open data."""
