"""What the service tells of its own running: a line for every request, and counts for /metrics."""
