"""Who gets a packed file, and how it is unpacked."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsreports.export.codings import GZIP, Gzip, asked


@pytest.mark.parametrize("header", ["gzip", "GZIP", "deflate, gzip", "br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip ; q=0.001"])
def test_who_asks_for_gzip_gets_it(header: str) -> None:
    assert asked(header).name == "gzip"


@pytest.mark.parametrize("header", ["", "identity", "gzip;q=0", "gzip; q=0.000", "*", "x-gzip", "gzip;q=2", "gzip;q=x"])
def test_nobody_else_does(header: str) -> None:
    assert asked(header).name == ""
    assert asked(header).packed(b"row") + asked(header).end() == b"row"


@given(st.lists(st.binary(min_size=1)))
def test_each_block_can_be_unpacked_when_it_arrives(blocks: list[bytes]) -> None:
    packer, unpacker = Gzip(), zlib.decompressobj(GZIP)
    assert [unpacker.decompress(packer.packed(block)) for block in blocks] == blocks
    assert not unpacker.eof
    assert unpacker.decompress(packer.end()) == b""
    assert unpacker.eof
