"""Gzip files unpacked, whole and broken: what the standard library gives, and nothing is lost."""

import gzip
import io
import zlib

from hypothesis import given
from hypothesis import strategies as st

from tenuto.sources._gunzip import Gunzip

BROKEN = (EOFError, zlib.error, gzip.BadGzipFile)
TEXTS = st.one_of(
    st.binary(max_size=200),
    st.builds(lambda text, n: text * n, st.binary(min_size=1, max_size=50), st.integers(1, 5000)),
)
AT_ONCE = st.sampled_from([1, 7, 1000, 1 << 20])


def unpacked(packed: bytes, at_once: int = 1 << 20) -> tuple[bytes, Exception | None]:
    """All that comes out before the end or before what is wrong, and what that is."""
    stream, pieces, failure = Gunzip(io.BytesIO(packed)), [], None
    try:
        while piece := stream.read1(at_once):
            assert len(piece) <= at_once
            pieces.append(piece)
    except BROKEN as found:
        failure = found
    return b"".join(pieces), failure


@given(st.lists(TEXTS, min_size=1, max_size=3), AT_ONCE, st.integers(0, 20_000))
def test_all_members_are_unpacked_as_by_the_standard_library(texts, at_once, n_zeros):
    packed = b"".join(gzip.compress(text) for text in texts) + bytes(n_zeros)
    assert unpacked(packed, at_once) == (b"".join(texts), None)
    assert gzip.decompress(packed) == b"".join(texts)


@given(TEXTS, st.floats(0, 1, exclude_max=True), AT_ONCE)
def test_a_broken_off_file_gives_what_it_holds_and_says_that_it_ended(text, part, at_once):
    packed = gzip.compress(text)
    begun = packed[: max(2, int(part * len(packed)))]
    found, failure = unpacked(begun, at_once)
    assert text.startswith(found)
    assert len(found) >= len(zlib.decompressobj(wbits=31).decompress(begun))
    assert isinstance(failure, EOFError)


@given(TEXTS, st.data())
def test_no_damage_that_changes_the_text_goes_unnoticed(text, data):
    packed = bytearray(gzip.compress(text, mtime=0))
    packed[data.draw(st.integers(10, len(packed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    found, failure = unpacked(bytes(packed))
    assert failure is not None or found == text


def test_something_else_after_a_member_is_said_after_the_member():
    found, failure = unpacked(gzip.compress(b"whole") + b"else")
    assert found == b"whole"
    assert isinstance(failure, gzip.BadGzipFile)
