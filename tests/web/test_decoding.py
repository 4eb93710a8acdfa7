"""Content codings undone: any split of the bytes, bounded pieces, and what is broken."""

import gzip
import zlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.decoding import Decoder
from bot.web.errors import Reason, WebError


def unpack(encoding: str, pieces: Iterable[bytes]) -> bytes:
    decoder = Decoder(encoding)
    out = [one for piece in pieces if piece for one in decoder.feed(piece)]
    return b"".join([*out, *decoder.end()])


def pack(body: bytes, wbits: int) -> bytes:
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(body) + packer.flush()


def split(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


bodies = st.binary(max_size=300) | st.integers(0, 200_000).map(bytes)
sizes = st.sampled_from([1, 2, 3, 7, 1000, 10**6])


@given(bodies, sizes)
def test_what_was_packed_is_unpacked_whatever_the_pieces(body: bytes, size: int) -> None:
    for encoding in ("", "identity", "Identity"):
        assert unpack(encoding, split(body, size)) == body
    for encoding in ("gzip", "x-gzip", " GZIP", "identity, gzip"):
        assert unpack(encoding, split(gzip.compress(body), size)) == body
    assert unpack("deflate", split(pack(body, 15), size)) == body


@given(st.binary(max_size=300), sizes)
def test_deflate_without_its_header_is_unpacked(body: bytes, size: int) -> None:
    assert unpack("deflate", split(pack(body, -15), size)) == body


@pytest.mark.parametrize("over", range(0, 300, 7))
def test_what_is_left_when_a_piece_is_full_comes_at_the_end(over: int) -> None:
    body = bytes((1 << 16) + over)
    assert unpack("deflate", [pack(body, -15)]) == body


@given(bodies, bodies, sizes)
def test_gzip_files_in_a_row_are_one_body(one: bytes, other: bytes, size: int) -> None:
    assert unpack("gzip", split(gzip.compress(one) + gzip.compress(other), size)) == one + other


@given(sizes, st.sampled_from([b"\0\0\0\0", b"garbage", b"\n"]))
def test_what_follows_a_packed_body_is_dropped(size: int, more: bytes) -> None:
    assert unpack("gzip", split(gzip.compress(b"body") + more, size)) == b"body"
    assert unpack("deflate", split(pack(b"body", 15) + more, size)) == b"body"


@given(st.binary(min_size=1, max_size=300), st.data())
def test_a_packed_body_that_ends_early_is_cut(body: bytes, data: st.DataObject) -> None:
    for encoding, whole in (("gzip", gzip.compress(body)), ("deflate", pack(body, 15))):
        end = data.draw(st.integers(1, len(whole) - 1))
        with pytest.raises(WebError) as caught:
            unpack(encoding, [whole[:end]])
        assert (caught.value.reason, caught.value.passing) == (Reason.CUT, True)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_body_that_is_not_packed_does_not_unpack(encoding: str) -> None:
    with pytest.raises(WebError, match=r"^the body does not unpack$") as caught:
        unpack(encoding, [b'{"message": {}}'])
    assert caught.value.reason is Reason.DECODING


def test_a_wrong_checksum_does_not_unpack() -> None:
    whole = bytearray(gzip.compress(b"body"))
    whole[-5] ^= 1
    with pytest.raises(WebError) as caught:
        unpack("gzip", [bytes(whole)])
    assert caught.value.reason is Reason.DECODING


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "x" * 1000])
def test_an_unknown_coding_is_an_error_where_there_is_a_body(encoding: str) -> None:
    assert unpack(encoding, []) == b""
    with pytest.raises(WebError, match=r"^the encoding of the body is unknown$") as caught:
        unpack(encoding, [b"body"])
    assert caught.value.reason is Reason.DECODING


def test_pieces_are_small_however_much_comes_out() -> None:
    decoder = Decoder("gzip")
    sizes = [len(piece) for piece in decoder.feed(gzip.compress(bytes(10_000_000)))]
    assert sum(sizes) == 10_000_000
    assert max(sizes) <= 1 << 16


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate"]))
def test_any_bytes_unpack_or_are_an_error(data: bytes, encoding: str) -> None:
    found: Reason | None = None
    try:
        unpack(encoding, [data])
    except WebError as error:
        found = error.reason
    assert found in (None, Reason.CUT, Reason.DECODING)
