"""The SMS itself: abstract model, statuses, time windows, segments and countries."""
