"""The parts of gunicorn without a published interface that `serving` relies on. A test holds each to the installed one;
look here first when gunicorn is updated."""

# Of the threaded worker: overridden, or called by our loop.
WORKER = (
    "accept",
    "alive",
    "cfg",
    "handle_exit",
    "handle_quit",
    "handle_request",
    "init_process",
    "is_parent_alive",
    # Read by `handle_request`, which closes connections when it finds too many in the first; it stays empty.
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
# Of a parsed request, and of the two readers of its body.
REQUEST = ("_expected_100_continue", "body", "headers", "path", "should_close")
LENGTH_READER = ("length",)
CHUNKED_READER = ("parser",)
# Of the parser of a connection and its source of bytes.
PARSER = ("finish_body", "mesg_class", "unreader")
UNREADER = ("take_buffered",)
