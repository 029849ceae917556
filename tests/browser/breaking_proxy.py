"""Proxy to a server that breaks the connection while a file is downloaded. Other requests pass unchanged."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# Part of the URL of a file, and the bytes after which its connection breaks.
FILE_QUERY, BYTES_BEFORE_BREAK = b"format=csv", 20_000


@contextmanager
def breaking_proxy(port: int) -> Iterator[int]:
    """Yield the port of a proxy to the server at `port`."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept, args=(listener, port), daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def _accept(listener: socket.socket, port: int) -> None:
    with suppress(OSError):  # closed
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_forward_response, args=(client, port), daemon=True).start()


def _forward_response(client: socket.socket, port: int) -> None:
    """Forward one request at a time, so that the requested file is known when the response arrives."""
    with client, socket.create_connection(("127.0.0.1", port)) as server, suppress(OSError):
        file_requested = threading.Event()
        threading.Thread(target=_forward_requests, args=(client, server, file_requested), daemon=True).start()
        sent = 0
        while part := server.recv(4096):
            client.sendall(part)
            sent += len(part) if file_requested.is_set() else 0
            if sent > BYTES_BEFORE_BREAK:
                # The connection ends, but not the response.
                client.shutdown(socket.SHUT_RDWR)
                return


def _forward_requests(client: socket.socket, server: socket.socket, file_requested: threading.Event) -> None:
    with suppress(OSError):
        while part := client.recv(65_536):
            if FILE_QUERY in part.split(b"\r\n", 1)[0]:
                file_requested.set()
            server.sendall(part)
        server.shutdown(socket.SHUT_WR)
