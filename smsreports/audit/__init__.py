"""Who took what out: every export, what became of it, and every reveal; written once and never changed."""
