"""The history and reporting of sent SMS: how sources are spoken, joined, counted, exported and drawn."""
