"""wijkpeil takes the level of Dutch neighbourhoods, and says which ones stand still."""
