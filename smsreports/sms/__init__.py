"""What an SMS is: the abstract model, statuses, time windows, segments and countries."""
