"""The published description, held to what the service does."""
