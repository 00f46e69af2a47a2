"""What becomes of dirty lines: mended, noted or set aside, and every one accounted for."""

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import FIRST_DAY, cleaned, download, play, porter, raw_file, search
from tenuto import cleaning, engines
from tenuto.cleaning import CATALOGUE
from tenuto.sources import LineReader

KINDS = ("play", "down", "search")


def lines_of(path, raw: bytes) -> pa.Table:
    path.write_bytes(raw)
    return pa.concat_tables(LineReader(path))


# Known answers: one dirty play each, all cleaned at once.

DIRTY_PLAYS = {
    "sound": play(1, 7, 100, 190),
    "milliseconds": play(2, 7, 241070, 242),
    "milliseconds, no length": play(3, 7, 90500, 0),
    "client address": play(4, 7, "71>=(192.0.2.3)TM", 157),
    "client address, milliseconds": play(5, 7, "71000>=(192.0.2.3)TM", 157),
    "null": play(6, 7, "null", 190),
    "not a number": play(7, 7, "soon", 190),
    "negative": play(8, 7, "-0.012", 190),
    "a skip": play(9, 7, 0, 190),
    "a month": play(10, 7, 99999999999, 190),
    "infinite": play(11, 7, "inf", 190),
    "length 0": play(12, 7, 100, 0),
    "length -1": play(13, 7, 100, -1),
    "length of nine days": play(14, 7, 100, 776363),
    "length not a number": play(15, 7, 100, "long"),
    "one second over": play(16, 7, 191, 190),
    "song 0": play(17, 0, 100, 190),
    "song -1": play(18, -1, 100, 190),
    "no song": play(19, "", 100, 190),
    "song of 15 digits": play(20, 123456789012345, 100, 190),
    "song and a half": play(21, "7.5", 100, 190),
    "half a user": play("22.5", 7, 100, 190),
    "user in powers of ten": play("1e3", 7, 100, 190),
    "spaces around": play(" 23 ", " 7 ", " 100 ", " 190 "),
}


@pytest.fixture(scope="module")
def plays(duckdb_engine, tmp_path_factory) -> pd.DataFrame:
    path = tmp_path_factory.mktemp("dirty") / "20170330_3_play.log"
    lines = lines_of(path, "".join(line + "\n" for line in DIRTY_PLAYS.values()).encode())
    return cleaned(duckdb_engine, lines, raw_file("play")).set_index(pd.Index(DIRTY_PLAYS))


@pytest.mark.parametrize(
    ("dirt", "played_s"),
    [
        ("sound", 100),
        ("milliseconds", 241.07),
        ("milliseconds, no length", 90.5),
        ("client address", 71),
        ("client address, milliseconds", 71),
        ("null", None),
        ("not a number", None),
        ("negative", None),
        ("a skip", 0),
        ("a month", None),
        ("infinite", None),
        ("one second over", 191),
        ("spaces around", 100),
    ],
)
def test_seconds_played_are_mended_or_unknown_and_the_play_stays_an_event(plays, dirt, played_s):
    assert plays.reason.isna()[dirt]
    found = plays.played_s[dirt]
    assert pd.isna(found) if played_s is None else found == played_s


@pytest.mark.parametrize(
    ("dirt", "length_s"),
    [
        ("sound", 190),
        ("length 0", None),
        ("length -1", None),
        ("length of nine days", None),
        ("length not a number", None),
        ("spaces around", 190),
    ],
)
def test_an_impossible_song_length_is_unknown(plays, dirt, length_s):
    assert plays.reason.isna()[dirt]
    found = plays.length_s[dirt]
    assert pd.isna(found) if length_s is None else found == length_s


@pytest.mark.parametrize(
    ("dirt", "item_id"),
    [
        ("sound", 7),
        ("song 0", None),
        ("song -1", None),
        ("no song", None),
        ("song of 15 digits", 123456789012345),
        ("song and a half", None),
        ("spaces around", 7),
    ],
)
def test_an_unknown_song_is_activity_without_an_item(plays, dirt, item_id):
    assert plays.reason.isna()[dirt]
    found = plays.item_id[dirt]
    assert pd.isna(found) if item_id is None else found == item_id


@pytest.mark.parametrize("dirt", ["half a user", "user in powers of ten"])
def test_a_user_id_that_is_not_whole_is_nobodys_and_never_rounded_to_another(plays, dirt):
    assert plays.reason[dirt] == "unreadable_user"


def test_only_records_without_a_user_are_lost_to_dirt_in_their_fields(plays):
    gone = plays.index[plays.reason.notna()].tolist()
    assert gone == ["half a user", "user in powers of ten"]


# One rule by itself.


def met_and_mended(engine, name, **columns):
    """What ``name`` meets in a table of ``columns``, and the table after its mend."""
    rule = CATALOGUE.get(name)
    table = engine.from_arrow(pa.table(columns))
    hit = rule.applies(table).fill_null(False)
    changes = {key: hit.ifelse(value, table[key]) for key, value in rule.mend(table).items()}
    return engine.to_arrow(table.mutate(hit=hit, **changes)).to_pandas()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    plays=st.lists(
        st.tuples(st.integers(11, 3000), st.integers(0, 999), st.floats(0.01, 1)), min_size=1
    )
)
def test_a_play_written_in_milliseconds_always_comes_back_in_seconds(duckdb_engine, plays):
    length_s = np.array([float(length) for length, _, _ in plays])
    seconds = np.maximum(length_s * [share for _, _, share in plays], 10.5)
    written = np.maximum(np.floor(seconds * 1000), 10_001.0)
    is_beyond_song = written > length_s + 1.5
    found = met_and_mended(duckdb_engine, "milliseconds", played_s=written, length_s=length_s)
    np.testing.assert_array_equal(found.hit, is_beyond_song)
    np.testing.assert_allclose(found.played_s[found.hit], written[found.hit] / 1000)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plays=st.lists(st.tuples(st.floats(1, 21600), st.floats(0, 1)), min_size=1))
def test_seconds_that_fit_their_song_are_never_taken_for_milliseconds(duckdb_engine, plays):
    length_s = np.array([length for length, _ in plays])
    played_s = length_s * [share for _, share in plays]
    found = met_and_mended(duckdb_engine, "milliseconds", played_s=played_s, length_s=length_s)
    assert not found.hit.any()
    np.testing.assert_array_equal(found.played_s, played_s)


# Any lines at all.

SOUND = {
    "play": [play(user, item, 100, 190) for user in (168000001, 168000002) for item in (0, 7)],
    "down": [download(user, item) for user in (168000001, 168000002) for item in (5, 7)],
    "search": [search(user, query="%E9%9F%A9+a") for user in (168000001, 168000002)],
}
PIECES = ["", "\t", "\t\t", "\n", "\n\t", "\r", "0", "-1", "nan", "inf", "1e400", "9" * 25]
ODD_TEXT = ["7>(192.0.2.1)TM", "%ff", "\\", '"', "'", "韩", "\ufffd", "\x00", "\u2028"]
DIRT = st.sampled_from([*PIECES, *ODD_TEXT])


@st.composite
def dirty_lines(draw, kind):
    """Bytes of a log: sound lines, cut, stuffed and repeated anywhere, or anything at all."""
    pieces = []
    for _ in range(draw(st.integers(0, 30))):
        line = draw(st.sampled_from(SOUND[kind]))
        for _ in range(draw(st.integers(0, 3))):
            at = draw(st.integers(0, len(line)))
            n_cut = draw(st.integers(0, 12))
            line = line[:at] + draw(DIRT) + line[at + n_cut :]
        pieces.append(line.encode() + draw(st.sampled_from([b"\n", b"\n", b"\r\n", b"\xc4\n"])))
    return b"".join(pieces) + draw(st.one_of(st.just(b""), st.binary(max_size=40)))


@pytest.fixture(scope="module")
def cleaner(tmp_path_factory):
    """Function from the kind and the bytes of a log to its cleaned records and their counts."""
    path = tmp_path_factory.mktemp("any") / "raw.log"
    with engines.CATALOGUE.get("duckdb").open() as engine:
        carrier = porter(engine)

        def clean(kind, raw):
            plan = carrier.cleaner.clean(lines_of(path, raw), raw_file(kind)).plan
            engine.cache(plan.cleaned, "cleaned")  # by name: its query is compiled once
            records = engine.backend.con.execute("FROM cleaned ORDER BY source_line").df()
            counts = engine.to_arrow(plan.counts).to_pylist()
            return records, cleaning.totals(counts, plan.rules)

        yield clean


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_every_line_is_kept_or_absorbed_or_set_aside(cleaner, kind, data):
    raw = b"\n" + data.draw(dirty_lines(kind))
    records, totals = cleaner(kind, raw)
    n_lines = raw.count(b"\n") + (not raw.endswith(b"\n"))
    assert records.source_line.tolist() == list(range(1, n_lines + 1))
    absorbed = records.reason == cleaning._rules.ABSORBED
    set_aside = records.reason.notna() & ~absorbed
    assert totals["read"] == n_lines
    assert totals["absorbed"] == absorbed.sum()
    assert totals["kept"] == records.reason.isna().sum()
    assert totals["read"] == totals["kept"] + totals["absorbed"] + set_aside.sum()
    assert set(records.reason.dropna()) <= {*CATALOGUE, cleaning._rules.ABSORBED}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_whatever_comes_in_what_is_kept_is_possible(cleaner, kind, data):
    records, _ = cleaner(kind, b"\n" + data.draw(dirty_lines(kind)))
    kept = records[records.reason.isna()]
    assert kept.user_id.notna().all()
    assert kept.played_s.dropna().between(0, 86_400).all()
    assert kept.length_s.dropna().between(0, 21_600, inclusive="right").all()
    assert (kept.timestamp.dropna().dt.date == FIRST_DAY).all()
    assert not kept.item_id.isin([0, -1]).any()


@pytest.mark.parametrize("kind", KINDS)
def test_cleaning_clean_lines_changes_nothing(cleaner, kind):
    raw = "".join(line + "\n" for line in SOUND[kind]).encode()
    records, totals = cleaner(kind, raw)
    assert records.reason.isna().all()
    assert totals["kept"] == totals["read"] == len(SOUND[kind])
    assert records.line.tolist() == SOUND[kind]


def test_the_rules_come_in_an_order_that_each_of_them_allows():
    order = list(cleaning._rules._in_order())
    for name, rule in CATALOGUE.all().items():
        after = getattr(rule, "AFTER", ())
        earlier = [other for other in order if other != name] if after == ("*",) else after
        assert all(order.index(other) < order.index(name) for other in earlier)


def test_a_rule_that_met_a_record_leaves_its_mark_even_when_a_later_rule_sets_it_aside(cleaner):
    twice = play(168000001, 7, 50_000, 190) + "\n"
    records, totals = cleaner("play", (twice * 2).encode())
    assert records.reason.fillna("").tolist() == ["", "duplicate"]
    assert totals["milliseconds"] == 2


@pytest.mark.parametrize(
    ("line", "n_between", "is_kept"),
    [
        (play(1, 7, 190, 190), 5, False),  # a client that got no answer sends again
        (play(1, 7, 190, 190), 50, True),  # whoever hears a song twice leaves equal lines
        (play(1, 7, 63, 190), 50, False),  # but does not stop twice at the same second
        (play(1, 7, 63, 0), 50, True),  # of a length unknown, it may be the end
        (play(1, 7, 0, 190), 50, True),
    ],
)
def test_an_equal_play_is_a_copy_unless_it_may_be_a_second_play(cleaner, line, n_between, is_kept):
    others = [play(100 + n, 7, n, 190) for n in range(n_between)]
    raw = "".join(text + "\n" for text in (line, *others, line)).encode()
    records, _ = cleaner("play", raw)
    assert pd.isna(records.reason.iloc[-1]) == is_kept
    assert records.reason.iloc[:-1].isna().all()


def test_rules_are_applied_once(duckdb_engine):
    table = duckdb_engine.from_arrow(pa.table({"line": ["", "a"]}))
    once = cleaning.apply_rules(table)
    assert cleaning.apply_rules(once).columns == once.columns
    assert ibis.to_sql(cleaning.apply_rules(once)) == ibis.to_sql(once)
