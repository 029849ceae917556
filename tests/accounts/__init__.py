"""Accounts, API keys, signed requests, rate limits and staff users."""
