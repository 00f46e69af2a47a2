"""Raw files in any packing, whole or damaged, to numbered lines."""

import bz2
import gzip
import io
import os
import tarfile
import zipfile

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import events_of, log, musicbox_logs, play, set_aside_of
from tenuto.errors import SourceError
from tenuto.ingest import Ledger, ingest
from tenuto.sources import LineReader

LINES = [play(168000001 + n, 100 + n, n + 1, 200) for n in range(40)]
TEXT = "".join(line + "\n" for line in LINES).encode()
NO_LINES = pa.schema(
    {"source_line": "int64", "line": "string", "has_bad_bytes": "bool", "is_cut_off": "bool"}
).empty_table()


def tar(*members: tuple[str, bytes], mode="w:gz") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def zipped(*members: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


HALVES = [
    ("a_play.log", "".join(line + "\n" for line in LINES[:20]).encode()),
    ("b_play.log", "".join(line + "\n" for line in LINES[20:]).encode()),
]
PACKED = {
    "plain": TEXT,
    "gz": gzip.compress(TEXT),
    "gz in two members": gzip.compress(HALVES[0][1]) + gzip.compress(HALVES[1][1]),
    "bz2": bz2.compress(TEXT),
    "tar": tar(("20170330_3_play.log", TEXT), mode="w"),
    "tar.gz": tar(("20170330_3_play.log", TEXT)),
    "tar.bz2": tar(("20170330_3_play.log", TEXT), mode="w:bz2"),
    "tar.gz of two files": tar(*HALVES),
    "zip": zipped(("20170330_3_play.log", TEXT)),
    "zip of two files": zipped(*HALVES),
}


def read(path, raw: bytes, **options) -> tuple[pa.Table, LineReader]:
    path.write_bytes(raw)
    reader = LineReader(path, **options)
    return pa.concat_tables([NO_LINES, *reader]), reader


@pytest.mark.parametrize("packing", PACKED)
@pytest.mark.parametrize("name", ["x.log", "x.tar.gz"])
def test_the_packing_is_told_from_the_bytes_and_not_from_the_name(tmp_path, packing, name):
    lines, reader = read(tmp_path / name, PACKED[packing])
    assert lines["line"].to_pylist() == LINES
    assert lines["source_line"].to_pylist() == list(range(1, 41))
    assert reader.damage is None
    assert reader.n_bytes == len(TEXT)


# Titles that do not compress, so that a part of the archive is about that part of the log.
NOISE = np.random.default_rng(0).bytes(120_000).hex()
LONG_LINES = [play(title=NOISE[at : at + 80]) for at in range(0, len(NOISE), 80)]
LONG = "".join(line + "\n" for line in LONG_LINES).encode()
LONG_PACKED = {
    "gz": gzip.compress(LONG),
    "bz2": bz2.compress(LONG, 1),
    "tar": tar(("20170330_3_play.log", LONG), mode="w"),
    "tar.gz": tar(("20170330_3_play.log", LONG)),
}


@pytest.mark.parametrize("packing", LONG_PACKED)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.97])
def test_a_broken_off_archive_gives_every_whole_line_before_the_damage(tmp_path, packing, share):
    whole = LONG_PACKED[packing]
    lines, reader = read(tmp_path / "x.log", whole[: int(share * len(whole))])
    found = lines["line"].to_pylist()
    n_whole = len(found) - any(lines["is_cut_off"].to_pylist())
    assert reader.damage
    assert found[:n_whole] == LONG_LINES[:n_whole]
    # bzip2 packs blocks of 100,000 bytes, of which none is readable in part.
    n_lost_at_most = 100_000 / len(LONG_LINES[0]) if "bz2" in packing else len(LONG_LINES) * 0.04
    assert n_whole > share * len(LONG_LINES) - n_lost_at_most - 1


@pytest.mark.parametrize("packing", ["gz", "tar", "tar.gz"])
def test_the_line_that_is_cut_off_is_marked(tmp_path, packing):
    whole = LONG_PACKED[packing]
    lines, _ = read(tmp_path / "x.log", whole[: len(whole) // 2])
    assert lines["is_cut_off"].to_pylist() == [False] * (lines.num_rows - 1) + [True]
    assert LONG_LINES[lines.num_rows - 1].startswith(lines["line"][-1].as_py())


@pytest.mark.parametrize("packing", ["gz", "bz2", "tar.gz", "zip"])
def test_damage_inside_an_archive_is_told_and_stops_nothing(tmp_path, packing):
    whole = bytearray({**LONG_PACKED, "zip": zipped(("a_play.log", LONG))}[packing])
    middle = len(whole) // 2
    whole[middle : middle + 500] = bytes(500)
    _, reader = read(tmp_path / "x.log", bytes(whole))
    assert reader.damage


def test_a_zip_without_its_end_is_damaged_and_not_a_log_of_its_own(tmp_path):
    lines, reader = read(tmp_path / "x.log", PACKED["zip"][:-30])
    assert lines.num_rows == 0
    assert reader.damage


@pytest.mark.parametrize("pack", [tar, zipped])
def test_a_packed_file_without_a_last_line_end_does_not_run_into_the_next(tmp_path, pack):
    raw = pack(("a_play.log", b"one\ntwo"), ("b_play.log", b"three\n"))
    lines, _ = read(tmp_path / "x.log", raw)
    assert lines["line"].to_pylist() == ["one", "two", "three"]


def test_a_plain_file_without_a_last_line_end_is_whole(tmp_path):
    lines, reader = read(tmp_path / "x.log", TEXT[:-1])
    assert lines["line"].to_pylist() == LINES
    assert not any(lines["is_cut_off"].to_pylist())
    assert reader.damage is None


def test_windows_line_ends_are_line_ends(tmp_path):
    lines, _ = read(tmp_path / "x.log", TEXT.replace(b"\n", b"\r\n"))
    assert lines["line"].to_pylist() == LINES


def test_bytes_that_are_not_utf8_are_replaced_and_marked(tmp_path):
    raw = "sound 韩红\n".encode() + "韩红\n".encode("gbk") + b"sound\n"
    lines, _ = read(tmp_path / "x.log", raw)
    assert lines["has_bad_bytes"].to_pylist() == [False, True, False]
    assert "\ufffd" in lines["line"][1].as_py()
    assert lines["line"][0].as_py() == "sound 韩红"


@settings(max_examples=50)
@given(raw=st.binary(max_size=300), block_bytes=st.integers(1, 400))
def test_any_bytes_give_one_line_per_line_end(tmp_path_factory, raw, block_bytes):
    raw = b"-" + raw  # the first byte of no packing
    lines, reader = read(tmp_path_factory.mktemp("any") / "x", raw, block_bytes=block_bytes)
    pieces = raw.split(b"\n")
    expected = pieces if pieces[-1] else pieces[:-1]
    assert lines.num_rows == len(expected)
    assert reader.n_bytes == len(raw)
    decoded = [piece.decode("utf-8", "replace").rstrip("\r") for piece in expected]
    assert lines["line"].to_pylist() == decoded


@settings(max_examples=30)
@given(block_bytes=st.integers(1, 3000))
def test_blocks_do_not_change_the_lines(tmp_path_factory, block_bytes):
    lines, _ = read(tmp_path_factory.mktemp("any") / "x", PACKED["gz"], block_bytes=block_bytes)
    assert lines["line"].to_pylist() == LINES
    assert lines["source_line"].to_pylist() == list(range(1, 41))


def test_a_record_broken_in_two_is_never_parted_by_a_block(tmp_path, monkeypatch):
    monkeypatch.setattr("tenuto.sources._packing._READ_BYTES", 7)
    (tmp_path / "x").write_bytes(b"one\ntwo\n\trest of two\nthree\n")
    blocks = [table["line"].to_pylist() for table in LineReader(tmp_path / "x", block_bytes=5)]
    assert [line for block in blocks for line in block] == ["one", "two", "\trest of two", "three"]
    assert not any(block[0].startswith("\t") for block in blocks)
    assert len(blocks) > 1


def test_an_empty_file_has_no_lines(tmp_path):
    (tmp_path / "x").touch()
    reader = LineReader(tmp_path / "x")
    assert list(reader) == []
    assert reader.damage is None


# What becomes of odd files in an ingest.


def test_odd_files_are_counted_and_none_stops_the_ingest(workspace, logs):
    log(logs, "20170330_1_play.log", play())
    (logs / "20170330_2_play.log").touch()
    (logs / "20170331_1_play.log").write_bytes(np.random.default_rng(0).bytes(3000))
    (logs / "20170331_2_play.log").write_bytes(TEXT.decode().encode("utf-16"))
    (logs / "20170401_1_play.log").write_bytes(play(title="韩红").encode("gbk") + b"\n")
    (logs / "20170401_2_play.log.tar.gz").write_bytes(PACKED["tar.gz"][:-60])
    (logs / "20170402_1_play.log.gz").mkdir()
    summary = ingest(workspace)
    files = Ledger(workspace.audit / "ledger").files().set_index("key")
    assert (files.read == files.kept + files.absorbed + files.set_aside).all()
    assert files.kept[["20170330_1_play", "20170330_2_play"]].tolist() == [1, 0]
    assert files.kept[["20170331_1_play", "20170331_2_play"]].tolist() == [0, 0]
    assert files.kept["20170401_1_play"] == 1
    assert summary.rules["wrong_encoding"] > 1
    assert files.damage.notna().tolist() == [key == "20170401_2_play" for key in files.index]


def test_the_whole_lines_of_a_truncated_archive_are_events_and_the_cut_one_is_set_aside(
    workspace, logs
):
    whole = LONG_PACKED["tar.gz"]
    (logs / "20170330_3_play.log.tar.gz").write_bytes(whole[: len(whole) // 2])
    summary = ingest(workspace)
    assert set_aside_of(workspace).reason.tolist() == ["cut_off_line"]
    n_whole = summary.n_lines - 1
    assert 0.4 < n_whole / len(LONG_LINES) < 0.6
    assert events_of(workspace).source_line.tolist() == list(range(1, n_whole + 1))
    completeness = (workspace.audit / "completeness.csv").read_text().splitlines()
    assert ",truncated," in completeness[1]
    assert "ends early" in completeness[1]


def test_a_link_that_leads_nowhere_is_one_clear_error(workspace, logs):
    musicbox_logs(logs)
    os.symlink(logs / "gone", logs / "20170331_3_play.log")
    with pytest.raises(SourceError, match=r"20170331_3_play\.log cannot be read") as error:
        ingest(workspace)
    assert error.value.mend


def test_a_file_that_may_not_be_read_is_one_clear_error(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    path = log(tmp_path, "20170330_3_play.log", play())
    monkeypatch.setattr("tenuto.sources._packing._unpacked", refuse)
    with pytest.raises(SourceError, match="cannot be read: Permission denied") as error:
        list(LineReader(path))
    assert "permissions" in error.value.mend


def test_an_unreadable_file_leaves_no_half_of_itself(workspace, logs, monkeypatch):
    musicbox_logs(logs, kinds=("play",))
    monkeypatch.setattr("tenuto.sources._packing._unpacked", _one_piece_and_an_error)
    with pytest.raises(SourceError):
        ingest(workspace)
    assert not list(workspace.root.rglob("*.parquet"))
    assert not list(workspace.root.rglob("*.aside"))


def _one_piece_and_an_error(path):
    yield path.read_bytes()
    raise OSError(5, "Input/output error")


def test_an_empty_folder_is_one_clear_error(workspace, logs):
    with pytest.raises(SourceError, match="is empty: no musicbox logs to read") as error:
        ingest(workspace)
    assert "20170330_3_play.log.tar.gz" in error.value.mend


def test_a_folder_of_other_things_is_one_clear_error(workspace, logs):
    (logs / "holiday.jpg").touch()
    with pytest.raises(SourceError, match=r"none of the 1 files .* holds holiday\.jpg"):
        ingest(workspace)


def test_a_missing_folder_is_one_clear_error(workspace, logs):
    logs.rmdir()
    with pytest.raises(SourceError, match="there is no folder") as error:
        ingest(workspace)
    assert "tenuto.toml" in error.value.mend


def test_the_same_log_packed_twice_is_read_once(workspace, logs):
    log(logs, "20170330_3_play.log", play())
    (logs / "20170330_3_play.log.gz").write_bytes(gzip.compress((play() + "\n").encode()))
    summary = ingest(workspace)
    assert summary.n_kept == 1
    assert [item.reason for item in summary.ignored] == ["the same log as 20170330_3_play.log"]
