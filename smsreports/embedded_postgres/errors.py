"""Error of the embedded server."""

# Advice for errors about missing folders or permissions.
ADVICE = "run this as an ordinary user, set SMSREPORTS_DATA to a folder of its own, or set DATABASE_URL"


class DatabaseUnavailable(RuntimeError):
    """The embedded server cannot be started or stopped. The message says what to do."""
