"""List requests, filters, listings and pagination."""
