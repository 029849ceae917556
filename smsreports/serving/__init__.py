"""gunicorn with the project's own configuration."""
