"""What changed between two schemas, and between two editions of PS3.7, and whom it concerns."""
