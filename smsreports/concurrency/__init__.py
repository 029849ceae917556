"""Limits of concurrent work: semaphores per account and the export scheduler."""
