"""Demo traffic: made-up accounts, messages and broadcasts over 90 days."""
