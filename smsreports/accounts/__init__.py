"""Accounts, API keys, authentication and permissions."""
