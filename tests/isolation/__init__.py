"""Isolation of two accounts with identical data: no response to one depends on what the other has or does."""
