"""The Music Box simulation writes what its truth says, in the service's format, dirt included."""

from __future__ import annotations

import gzip
import tarfile
from collections import Counter
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, unquote_plus

import pandas as pd
import pytest

from tenuto.simulation.musicbox import simulate

COLUMNS = {"play": 9, "down": 6, "search": 4}


def lines_of(out: Path, pattern: str) -> list[list[str]]:
    """Fields of every line of the plain logs that match, in file order."""
    text = "".join(path.read_text("utf-8") for path in sorted(out.glob(pattern)))
    return [line.split("\t") for line in text.splitlines()]


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("clean")
    simulate(out, listeners=300, days=4, packed=False, dirt=False, file_faults=False)
    return out


@pytest.fixture(scope="module")
def dirty(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("dirty")
    simulate(out, listeners=3_000, days=2, packed=False, dirt=True, file_faults=False)
    return out


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """All 44 days of few listeners, packed and with the faults of the files."""
    out = tmp_path_factory.mktemp("whole")
    simulate(out, listeners=150, days=44, dirt=False)
    return out


@pytest.fixture(scope="module")
def plays(dirty) -> list[list[str]]:
    """Every line of the dirty play logs."""
    return lines_of(dirty, "*_play.log")


def packed_text(path: Path) -> str:
    with tarfile.open(path) as archive:
        (member,) = archive.getmembers()
        content = archive.extractfile(member)
        assert content is not None
        return content.read().decode("utf-8")


def test_there_is_one_file_per_day_part_and_kind(clean):
    names = {path.name for path in clean.glob("*.log")}
    days = ("20170330", "20170331", "20170401", "20170402")
    assert names == {f"{d}_{p}_{k}.log" for d in days for p in (1, 2, 3) for k in COLUMNS}


@pytest.mark.parametrize("kind", COLUMNS)
def test_every_clean_row_has_all_its_columns(clean, kind):
    assert {len(fields) for fields in lines_of(clean, f"*_{kind}.log")} == {COLUMNS[kind]}


def test_clean_logs_hold_exactly_the_true_events(clean):
    logged: Counter = Counter()
    for path in clean.glob("*.log"):
        day = pd.Timestamp(path.name[:8]).date()
        logged.update((int(line.split("\t")[0]), day) for line in path.read_text().splitlines())
    truth = pd.read_parquet(clean / "truth" / "user_days.parquet")
    true = dict(
        zip(zip(truth["user_id"], truth["day"], strict=True), truth["n_events"], strict=True)
    )
    assert logged == true


def test_nobody_is_heard_of_before_signing_up_or_after_leaving(clean):
    listeners = pd.read_parquet(clean / "truth" / "listeners.parquet").set_index("user_id")
    days = pd.read_parquet(clean / "truth" / "user_days.parquet").join(listeners, on="user_id")
    day = pd.to_datetime(days["day"])
    assert (day >= days["sign_up_day"]).all()
    assert ((day < days["leaving_day"]) | days["leaving_day"].isna()).all()
    assert days["leaving_day"].isna().any()


def test_everybody_of_the_third_part_is_active_on_the_first_day(clean):
    listeners = pd.read_parquet(clean / "truth" / "listeners.parquet")
    third = set(listeners.loc[listeners["part"] == 3, "user_id"])
    seen = {int(fields[0]) for fields in lines_of(clean, "20170330_3_play.log")}
    assert seen == third


def test_each_part_holds_its_own_listeners(clean):
    listeners = pd.read_parquet(clean / "truth" / "listeners.parquet")
    for part, ids in listeners.groupby("part")["user_id"]:
        seen = {int(fields[0]) for fields in lines_of(clean, f"*_{part}_*.log")}
        assert seen <= set(ids)


def test_searches_are_in_the_order_of_their_clock_and_of_their_day(clean):
    stamps = [fields[2] for fields in lines_of(clean, "20170331_2_search.log")]
    assert len(stamps) > 3
    assert stamps == sorted(stamps)
    assert {stamp[:10] for stamp in stamps} == {"2017-03-31"}


def test_the_two_telephones_encode_the_same_queries_differently(clean):
    queries = pd.DataFrame(lines_of(clean, "*_search.log"), columns=["u", "device", "t", "query"])
    android = queries.loc[queries["device"] == "ar", "query"]
    iphone = queries.loc[queries["device"] == "ip", "query"]
    assert iphone.str.fullmatch(r"(%[0-9a-f]{2})+").all()
    assert not android.str.contains("%[0-9a-f][a-f]|%[a-f]", regex=True).any()
    assert not android.str.contains(" ").any()
    titles = {fields[4] for fields in lines_of(clean, "*_play.log")}
    assert titles & set(android.map(unquote_plus))
    assert titles & set(iphone.map(unquote))


def test_iphones_send_downloads_without_names_and_androids_with(clean):
    downloads = pd.DataFrame(lines_of(clean, "*_down.log"), columns=list("udsnap"))
    is_iphone = downloads["d"] == "ip"
    assert is_iphone.any()
    assert (downloads.loc[is_iphone, "n"] + downloads.loc[is_iphone, "a"] == "").all()
    assert (downloads.loc[downloads["d"] == "ar", "n"] != "").all()


def test_local_files_have_no_song_and_come_from_android_alone(clean):
    plays = pd.DataFrame(lines_of(clean, "*_play.log")).set_axis(list("udstnaplf"), axis=1)
    local = plays[plays["t"] == "1"]
    assert len(local) > 20
    assert set(local["s"]) == {"0"}
    assert set(local["d"]) == {"ar"}
    assert "0" not in set(plays.loc[plays["t"] == "0", "s"])


def test_a_song_has_one_title_and_one_length_before_dirt(clean):
    plays = pd.DataFrame(lines_of(clean, "*_play.log")).set_axis(list("udstnaplf"), axis=1)
    songs = plays[plays["s"] != "0"].groupby("s")[["n", "a", "l"]].nunique()
    assert (songs == 1).all(axis=None)


def test_packed_and_plain_logs_hold_the_same_text(clean, tmp_path):
    simulate(tmp_path, listeners=300, days=1, packed=True, dirt=False, file_faults=False)
    for path in tmp_path.glob("*.tar.gz"):
        plain = clean / path.name.removesuffix(".tar.gz")
        assert packed_text(path) == plain.read_text("utf-8")


def test_dirt_changes_no_true_event(clean, tmp_path):
    simulate(tmp_path, listeners=300, days=4, dirt=True, file_faults=True)
    for table in ("user_days.parquet", "listeners.parquet"):
        assert (tmp_path / "truth" / table).read_bytes() == (clean / "truth" / table).read_bytes()


def test_archives_carry_no_time_and_no_owner(whole):
    path = whole / "20170402_1_play.log.tar.gz"
    with tarfile.open(path) as archive:
        (member,) = archive.getmembers()
    assert (member.name, member.mtime, member.uid, member.gid, member.uname) == (
        "20170402_1_play.log", 0, 0, 0, "",
    )  # fmt: skip
    assert path.read_bytes()[4:8] == b"\0\0\0\0"  # the time stamp of the gzip header


class TestRowDirt:
    """Shares of the dirty sample against section 2.2, wide enough for a few thousand rows."""

    @staticmethod
    def share(rows, is_dirty) -> float:
        return sum(map(is_dirty, rows)) / len(rows)

    def test_most_play_rows_are_whole(self, plays):
        assert 0.99 < self.share(plays, lambda row: len(row) == 9) < 1.0

    @pytest.mark.parametrize(
        ("is_dirty", "low", "high"),
        [
            pytest.param(lambda r: len(r) == 10 and r[0] == "", 0.001, 0.004, id="leading tab"),
            pytest.param(lambda r: len(r) == 14, 0.0003, 0.003, id="cut by tabs"),
            pytest.param(lambda r: r == [""], 0.0003, 0.003, id="blank line"),
        ],
    )
    def test_rows_are_broken_at_the_real_rates(self, plays, is_dirty, low, high):
        assert low < self.share(plays, is_dirty) < high

    @pytest.mark.parametrize(
        ("column", "is_dirty", "low", "high"),
        [
            pytest.param(6, lambda x: x.endswith(")TM"), 0.003, 0.006, id="address"),
            pytest.param(6, lambda x: x.isdigit() and int(x) > 10_000, 0.008, 0.04, id="ms"),
            pytest.param(7, lambda x: x == "0", 0.034, 0.076, id="length 0"),
            pytest.param(7, lambda x: x == "-1", 0.002, 0.008, id="length -1"),
            pytest.param(7, lambda x: x.isdigit() and int(x) > 10_000, 2e-5, 0.001, id="absurd"),
            pytest.param(2, lambda x: x in ("", "-1"), 1e-4, 0.0015, id="no song id"),
            pytest.param(2, lambda x: len(x) == 15, 1e-4, 0.01, id="long song id"),
            pytest.param(0, lambda x: x in ("", "0"), 1e-5, 0.001, id="no user id"),
            pytest.param(5, lambda x: x == "", 0.001, 0.004, id="no singer"),
        ],
    )
    def test_fields_are_spoilt_at_the_real_rates(self, plays, column, is_dirty, low, high):
        whole = [row for row in plays if len(row) == 9]
        assert low < self.share(whole, lambda row: is_dirty(row[column])) < high

    def test_client_addresses_are_nobodys(self, plays):
        tainted = [row[6] for row in plays if len(row) == 9 and row[6].endswith(")TM")]
        networks = {text.rpartition("(")[2].rpartition(".")[0] for text in tainted}
        assert networks == {"192.0.2", "198.51.100", "203.0.113"}

    def test_a_tainted_play_time_begins_with_the_seconds(self, plays):
        tainted = [row[6] for row in plays if len(row) == 9 and row[6].endswith(")TM")]
        assert all(text.partition(">")[0].isdigit() for text in tainted)

    def test_a_broken_download_can_be_put_together_again(self, dirty):
        rows = lines_of(dirty, "*_down.log")
        first = [place for place, row in enumerate(rows) if len(row) == 4]
        assert 0.002 < len(first) / len(rows) < 0.008
        for place in first:
            assert len(rows[place + 1]) == 3
            assert rows[place + 1][0] == ""

    @pytest.mark.parametrize(("kind", "low", "high"), [("play", 0.005, 0.1), ("search", 0.01, 0.1)])
    def test_some_rows_stand_there_twice_in_a_row(self, dirty, kind, low, high):
        rows = lines_of(dirty, f"*_{kind}.log")
        twice = sum(one == next_one for one, next_one in pairwise(rows))
        assert low < twice / len(rows) < high


class TestFileFaults:
    """The lost and damaged files of section 2.3, on their days."""

    @pytest.mark.parametrize(
        "name",
        [
            *("20170330_1_play", "20170330_2_play", "20170403_3_play"),
            *("20170411_3_play", "20170411_3_down", "20170411_3_search"),
        ],
    )
    def test_archives_are_missing(self, whole, name):
        assert not (whole / f"{name}.log.tar.gz").exists()

    def test_nothing_else_is_missing(self, whole):
        assert len(list(whole.glob("*.log.tar.gz"))) == 44 * 9 - 6

    def test_one_archive_is_broken_off(self, whole):
        with pytest.raises((EOFError, tarfile.ReadError)):
            packed_text(whole / "20170424_2_play.log.tar.gz")

    def test_every_other_archive_can_be_read_to_its_end(self, whole):
        for path in whole.glob("*.tar.gz"):
            if path.name != "20170424_2_play.log.tar.gz":
                packed_text(path)

    def test_an_odd_name_is_an_archive_in_disguise(self, whole):
        odd = whole / "20170422_3_play.log"
        assert odd.read_bytes() == (whole / "20170422_3_play.log.tar.gz").read_bytes()
        assert gzip.decompress(odd.read_bytes())[:8] == b"20170422"

    @pytest.mark.parametrize("kind", ["search", "down"])
    def test_the_ninth_of_may_is_a_copy_of_the_eighth(self, whole, kind):
        for part in (1, 2, 3):
            eighth, ninth = (
                packed_text(whole / f"{day}_{part}_{kind}.log.tar.gz")
                for day in ("20170508", "20170509")
            )
            assert eighth == ninth

    def test_short_and_padded_files_differ_from_the_truth_by_their_share(self, tmp_path):
        faulty, sound = tmp_path / "faulty", tmp_path / "sound"
        for out, file_faults in ((faulty, True), (sound, False)):
            simulate(out, listeners=600, days=30, packed=False, dirt=False, file_faults=file_faults)

        def rows(name: str) -> float:
            return len(lines_of(faulty, name)) / len(lines_of(sound, name))

        assert rows("20170414_2_play.log") == pytest.approx(0.69, abs=0.02)
        assert rows("20170424_1_play.log") == pytest.approx(0.54, abs=0.02)
        assert rows("20170427_3_play.log") == pytest.approx(1.33, abs=0.02)
        assert 0.36 < rows("2017042[5-8]_?_search.log") < 0.7
        assert rows("2017042[5-6]_?_play.log") == 1.0

    def test_a_log_that_ends_on_the_eighth_holds_no_ninth(self, tmp_path):
        simulate(tmp_path, listeners=3, days=40)
        assert max(path.name[:8] for path in tmp_path.glob("*.log*")) == "20170508"
