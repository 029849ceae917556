"""A line to a server that breaks: it carries everything, but of a file only its beginning."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# What a file's address has in it, and how many bytes of the answer come through.
OF_A_FILE, COME = b"format=csv", 20_000


@contextmanager
def cut(port: int) -> Iterator[int]:
    """The port at which the server at `port` is reached over such a line."""
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
            threading.Thread(target=_carry, args=(client, port), daemon=True).start()


def _carry(client: socket.socket, port: int) -> None:
    """A request at a time, so that what is asked is known when the answer comes."""
    with client, socket.create_connection(("127.0.0.1", port)) as server, suppress(OSError):
        asked = threading.Event()
        threading.Thread(target=_ask, args=(client, server, asked), daemon=True).start()
        come = 0
        while part := server.recv(4096):
            client.sendall(part)
            come += len(part) if asked.is_set() else 0
            if come > COME:
                # Without a word: not the end of an answer, but of the line.
                client.shutdown(socket.SHUT_RDWR)
                return


def _ask(client: socket.socket, server: socket.socket, asked: threading.Event) -> None:
    with suppress(OSError):
        while part := client.recv(65_536):
            if OF_A_FILE in part.split(b"\r\n", 1)[0]:
                asked.set()
            server.sendall(part)
        server.shutdown(socket.SHUT_WR)
