"""Anomaly detection of delivery: is something wrong right now, and in which slice."""
