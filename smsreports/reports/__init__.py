"""The pages for people: what an account sent, as figures, charts and lists."""
