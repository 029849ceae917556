"""Whether this process has been told to stop; /readyz asks."""

# A plain flag: signal handlers set it, and a lock would deadlock when a second signal interrupts the first.
_is_stopping = False


def begin_shutdown() -> None:
    global _is_stopping
    _is_stopping = True


def is_shutting_down() -> bool:
    return _is_stopping
