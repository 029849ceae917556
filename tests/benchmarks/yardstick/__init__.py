"""Two services over the same tables to measure against: what anybody would write, and what is possible at best."""
