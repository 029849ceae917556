"""Health of delivery: is something wrong right now, and where."""
