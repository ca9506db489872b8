"""What the rule would have said in past editions, and on simulated series."""
