"""Baseline services over the same tables: an ordinary one, and the fastest possible one."""
