"""Raw logs that mean harm: they cost neither memory nor time without end, and no other file."""

import bz2
import gzip
import io
import os
import tarfile
import time
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import log, play
from tenuto.errors import SourceError
from tenuto.ingest import Ledger, ingest
from tenuto.sources import LineReader, _packing, find, mapped, musicbox

LINE = (play() + "\n").encode()


@pytest.fixture
def small(monkeypatch):
    """Limits that a test can reach."""
    monkeypatch.setattr(_packing, "_NEVER_TOO_LARGE_BYTES", 1 << 20)
    monkeypatch.setattr(_packing, "_LONGEST_LINE_BYTES", 1 << 20)
    monkeypatch.setattr(_packing, "BLOCK_BYTES", 1 << 20)


def zipped(*members, pack=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", pack) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def read(path, block_bytes=1 << 20):
    """The lines of a file, its damage, and how many bytes were unpacked of it."""
    reader = LineReader(path, block_bytes)
    n_lines = sum(block.num_rows for block in reader)
    return n_lines, reader.damage, reader.n_bytes


ZEROS = b"\n" * (40 << 20)
BOMBS = {
    "gz": lambda: gzip.compress(ZEROS),
    "bz2": lambda: bz2.compress(ZEROS),
    "zip": lambda: zipped(("a_play.log", ZEROS)),
    "zip of many": lambda: zipped(*((f"{n}_play.log", ZEROS[: 4 << 20]) for n in range(10))),
    "tar.gz": lambda: gzip.compress(_tar(("a_play.log", ZEROS))),
}


def _tar(*members, **facts):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for fact, value in facts.items():
                setattr(info, fact, value)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


@pytest.mark.parametrize("packing", BOMBS)
def test_a_decompression_bomb_is_left_as_soon_as_it_is_known(small, tmp_path, packing):
    path = tmp_path / "20170330_3_play.log"
    path.write_bytes(BOMBS[packing]())
    _, damage, n_bytes = read(path)
    assert "decompression bomb" in damage
    assert n_bytes < len(ZEROS) / 2


def test_a_log_that_packs_well_is_no_bomb(small, tmp_path):
    path = tmp_path / "20170330_3_play.log"
    lines = [play(168000001 + n, n % 50, n % 200) for n in range(40_000)]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    assert read(path)[:2] == (40_000, None)


def test_a_line_without_an_end_is_left_and_what_came_before_is_read(small, tmp_path):
    path = tmp_path / "20170330_3_play.log"
    with path.open("wb") as file:
        file.write(LINE * 20_000)
        file.truncate(200 << 20)
    n_lines, damage, n_bytes = read(path)
    assert "goes on for more than" in damage
    assert n_lines > 15_000
    assert n_bytes < 10 << 20


def test_a_file_of_second_halves_is_no_slower_than_another(tmp_path):
    path = tmp_path / "20170330_3_play.log"
    path.write_bytes(b"\tx\n" * (1 << 20))
    start = time.process_time()
    assert read(path, 1 << 18)[0] == 1 << 20
    assert time.process_time() - start < 20


def test_an_archive_is_never_unpacked_to_the_disk_wherever_its_names_lead(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    names = ["../escaped.log", "/tmp/escaped.log", "..\\escaped.log"]
    (folder / "20170330_3_play.log").write_bytes(_tar(*((name, LINE) for name in names)))
    (folder / "20170331_3_play.log").write_bytes(zipped(*((name, LINE) for name in names)))
    assert [read(path)[0] for path in sorted(folder.iterdir())] == [3, 3]
    assert {path.name for path in tmp_path.rglob("*")} == {"logs", *os.listdir(folder)}


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_in_an_archive_are_not_followed(tmp_path, kind):
    path = tmp_path / "20170330_3_play.log"
    path.write_bytes(_tar(("a_play.log", b""), type=kind, linkname="/etc/passwd"))
    assert read(path)[0] == 0


def test_an_encrypted_zip_says_so(tmp_path):
    content = bytearray(zipped(("a_play.log", LINE)))
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    path = tmp_path / "20170330_3_play.log"
    path.write_bytes(content)
    assert "encrypted" in read(path)[1]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes among files here")
def test_a_pipe_among_the_logs_is_not_waited_for(tmp_path):
    log(tmp_path, "20170330_3_play.log", play())
    os.mkfifo(tmp_path / "20170331_3_play.log")
    files, ignored = find(musicbox, tmp_path)
    assert [file.key for file in files] == ["20170330_3_play"]
    assert [item.reason for item in ignored] == ["not a regular file"]


def test_one_hostile_file_costs_no_other_and_every_line_is_accounted_for(
    workspace, logs, monkeypatch
):
    monkeypatch.setattr(_packing, "_NEVER_TOO_LARGE_BYTES", 1 << 13)
    log(logs, "20170330_3_play.log", play())
    (logs / "20170331_3_play.log").write_bytes(gzip.compress(LINE * 3 + ZEROS[: 1 << 18]))
    summary = ingest(workspace)
    assert summary.n_lines == summary.n_kept + summary.n_absorbed + summary.n_set_aside
    files = Ledger(workspace.audit / "ledger").files().set_index("key")
    assert files.loc["20170330_3_play", "kept"] == 1
    assert files.loc["20170331_3_play", "kept"] > 0
    assert "bomb" in files.loc["20170331_3_play", "damage"]


def test_a_table_of_a_billion_rows_in_a_few_bytes_is_refused(tmp_path):
    path = tmp_path / "plays.parquet"
    rows = pa.table(
        {"user": pa.repeat(pa.scalar(1), 3_000_000), "when": pa.repeat(pa.scalar(2), 3_000_000)}
    )
    with pq.ParquetWriter(path, rows.schema) as writer:
        for _ in range(20):
            writer.write_table(rows)
    source = mapped.configured({"user_id": "user", "timestamp": "when"})
    with pytest.raises(SourceError, match="decompression bomb"):
        list(source.reader(path))


def test_whole_numbers_that_no_float_holds_are_no_clock_and_no_traceback(tmp_path):
    path = tmp_path / "plays.parquet"
    pq.write_table(pa.table({"user": ["ann"], "when": [2**62 + 1]}), path)
    source = mapped.configured({"user_id": "user", "timestamp": "when"})
    (block,) = source.reader(path)
    assert block["timestamp"].to_pylist() == [None]
