"""Who gets a packed file, and how it is unpacked."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsreports.export.compression import GZIP_WINDOW_BITS, Gzip, choose_encoding


@pytest.mark.parametrize("header", ["gzip", "GZIP", "deflate, gzip", "br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip ; q=0.001"])
def test_who_asks_for_gzip_gets_it(header: str) -> None:
    assert choose_encoding(header).name == "gzip"


@pytest.mark.parametrize("header", ["", "identity", "gzip;q=0", "gzip; q=0.000", "*", "x-gzip", "gzip;q=2", "gzip;q=x"])
def test_nobody_else_does(header: str) -> None:
    assert choose_encoding(header).name == ""
    assert choose_encoding(header).compress(b"row") + choose_encoding(header).flush() == b"row"


@given(st.lists(st.binary(min_size=1)))
def test_each_block_can_be_unpacked_when_it_arrives(blocks: list[bytes]) -> None:
    packer, unpacker = Gzip(), zlib.decompressobj(GZIP_WINDOW_BITS)
    assert [unpacker.decompress(packer.compress(block)) for block in blocks] == blocks
    assert not unpacker.eof
    assert unpacker.decompress(packer.flush()) == b""
    assert unpacker.eof
