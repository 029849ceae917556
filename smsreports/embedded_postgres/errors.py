"""What goes wrong with the embedded server, in words that say what to do."""

# What to do where a folder or a right is missing.
ADVICE = "run this as an ordinary user, set SMSREPORTS_DATA to a folder of its own, or set DATABASE_URL"


class DatabaseUnavailable(RuntimeError):
    """The embedded server can't be made to run, or to stop."""
