"""Everything that makes a snapshot and reads one back: CBS, files, addresses, boundaries."""
