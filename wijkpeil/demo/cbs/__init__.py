"""A stand-in of the CBS services on loopback, faults included."""
