"""Undocumented parts of gunicorn that the worker relies on."""

import socket
from typing import Any

import pytest
from gunicorn.app.base import BaseApplication
from gunicorn.http.parser import RequestParser

from smsreports.serving import gunicorn_parts
from smsreports.serving.server import build_configuration
from smsreports.serving.worker import Worker


class Options(BaseApplication):
    def load_config(self) -> None:
        for name, value in build_configuration("127.0.0.1:0", 1).items():
            self.cfg.set(name, value)


@pytest.fixture(scope="module")
def cfg() -> Any:
    return Options().cfg


def parse_request(cfg: Any, head: bytes) -> Any:
    return next(RequestParser(cfg, iter([head]), ("127.0.0.1", 1)))


def test_the_worker_has_all_used_parts(cfg: Any) -> None:
    with socket.socket() as listener:
        worker = Worker(1, 1, [listener], None, 30, cfg, cfg.logger_class(cfg))
        assert [name for name in gunicorn_parts.WORKER if not hasattr(worker, name)] == []
        worker.tmp.close()


def test_a_request_has_all_used_parts(cfg: Any) -> None:
    with_length = parse_request(cfg, b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab")
    in_chunks = parse_request(cfg, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")
    assert [name for name in gunicorn_parts.REQUEST if not hasattr(with_length, name)] == []
    assert [name for name in gunicorn_parts.LENGTH_READER if not hasattr(with_length.body.reader, name)] == []
    assert [name for name in gunicorn_parts.CHUNKED_READER if not hasattr(in_chunks.body.reader, name)] == []


def test_the_parser_has_all_used_parts(cfg: Any) -> None:
    parser = RequestParser(cfg, iter([b""]), None)
    assert [name for name in gunicorn_parts.PARSER if not hasattr(parser, name)] == []
    assert [name for name in gunicorn_parts.UNREADER if not hasattr(parser.unreader, name)] == []


def test_a_length_reader_counts_the_remaining_bytes(cfg: Any) -> None:
    request = parse_request(cfg, b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab")
    assert request.body.reader.length == 2
    request.body.read()
    assert request.body.reader.length == 0


def test_a_chunked_reader_drops_its_parser_at_the_end(cfg: Any) -> None:
    request = parse_request(cfg, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")
    assert request.body.reader.parser is not None
    request.body.read()
    assert request.body.reader.parser is None
