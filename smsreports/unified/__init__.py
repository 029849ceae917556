"""The joined lists: every source's rows as one, newest first."""
