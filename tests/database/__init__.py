"""The database configuration and the classification of database errors."""
