"""Choice of the Content-Encoding, and decompression of single chunks."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsreports.export.compression import GZIP_WINDOW_BITS, Gzip, choose_encoding


@pytest.mark.parametrize("header", ["gzip", "GZIP", "deflate, gzip", "br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip ; q=0.001"])
def test_a_client_that_names_gzip_gets_gzip(header: str) -> None:
    assert choose_encoding(header).name == "gzip"


@pytest.mark.parametrize("header", ["", "identity", "gzip;q=0", "gzip; q=0.000", "*", "x-gzip", "gzip;q=2", "gzip;q=x"])
def test_other_clients_get_no_encoding(header: str) -> None:
    assert choose_encoding(header).name == ""
    assert choose_encoding(header).compress(b"row") + choose_encoding(header).flush() == b"row"


@given(st.lists(st.binary(min_size=1)))
def test_each_chunk_can_be_decompressed_when_it_arrives(chunks: list[bytes]) -> None:
    encoding, decompressor = Gzip(), zlib.decompressobj(GZIP_WINDOW_BITS)
    assert [decompressor.decompress(encoding.compress(chunk)) for chunk in chunks] == chunks
    assert not decompressor.eof
    assert decompressor.decompress(encoding.flush()) == b""
    assert decompressor.eof
