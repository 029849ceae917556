"""Counters: totals that triggers keep up to date, so that reads need not count rows."""
