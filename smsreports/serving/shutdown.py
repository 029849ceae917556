"""Flag that this process is shutting down, which /readyz reports."""

# Signal handlers set this without a lock: a lock would deadlock when a second signal interrupts the first handler.
_is_stopping = False


def begin_shutdown() -> None:
    global _is_stopping
    _is_stopping = True


def is_shutting_down() -> bool:
    return _is_stopping
