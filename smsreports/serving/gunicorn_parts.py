"""Undocumented parts of gunicorn that `serving` relies on.

A test checks that the installed gunicorn has each of them. Look here first when gunicorn is updated.
"""

# Attributes of the threaded worker that are overridden, or used by our loop.
WORKER = (
    "accept",
    "alive",
    "cfg",
    "handle_exit",
    "handle_quit",
    "handle_request",
    "init_process",
    "is_parent_alive",
    # `handle_request` closes connections if there are too many in `keepalived_conns`; it stays empty.
    "keepalived_conns",
    "max_keepalived",
    "method_queue",
    "notify",
    "run",
    "sockets",
    "tmp",
    "wait_for_and_dispatch_events",
    "worker_connections",
)
# Attributes of a parsed request, and of the two readers of its body.
REQUEST = ("_expected_100_continue", "body", "headers", "path", "should_close")
LENGTH_READER = ("length",)
CHUNKED_READER = ("parser",)
# Attributes of the parser of a connection, and of its source of bytes.
PARSER = ("finish_body", "mesg_class", "unreader")
UNREADER = ("take_buffered",)
