"""Plain lines go a short way, and come out as if they had gone the long one."""

from contextlib import ExitStack
from types import SimpleNamespace
from urllib.parse import unquote_plus

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import cleaned, download, play, porter, raw_file, search
from tenuto import cleaning
from tenuto.engines import CATALOGUE
from tenuto.sources import LineReader, musicbox
from tenuto.sources._plain import Fields, by_name, plain_and_odd
from tenuto.sources._queries import decoded_all
from test_cleaning import DIRTY_PLAYS, KINDS, SOUND, dirty_lines, lines_of
from test_every_cleaning_rule import RULES, example_of

#: Music Box, all of whose lines go the long way.
ALL_ODD = SimpleNamespace(
    **{name: part for name, part in vars(musicbox).items() if name != "sort_out"}
)
SOURCES = (musicbox, ALL_ODD)
FIELDS = Fields(("user_text", None, "title", "played_text"), ";")


def sorted_out(path, *lines: str, fields: Fields = FIELDS) -> tuple[pd.DataFrame, list[str]]:
    """The plain lines as a table, and the odd ones."""
    path.write_bytes("".join(line + "\n" for line in lines).encode())
    (block,) = LineReader(path)
    plain, odd = plain_and_odd(block, fields)
    return plain.to_pandas(), odd["line"].to_pylist()


def test_a_plain_line_comes_in_columns_with_its_numbers_typed(tmp_path):
    plain, odd = sorted_out(tmp_path / "x", "12;?; See You Again ;007")
    assert odd == []
    assert plain.loc[0].to_dict() == {
        "source_line": 1,
        "line": "12;?; See You Again ;007",
        "user_text": "12",
        "title": "See You Again",
        "played_text": "007",
        "user_id": 12,
        "played_s": 7.0,
    }


@pytest.mark.parametrize(
    "line",
    [
        "",
        "12;?;a",
        "12;?;a;1;2",
        " 12;?;a;1",
        "+12;?;a;1",
        "0;?;a;1",
        "000;?;a;1",
        ";?;a;1",
        "12;?;a;1.5",
        "12;?;a;-1",
        "12;?;a;1>(192.0.2.3)TM",
        "1234567890123456;?;a;1",
        "१२;?;a;1",
        "12;?;BjÃ¶rk;1",
        "12;?;a\rb;1",
    ],
)
def test_a_line_that_a_rule_may_have_to_look_at_is_odd(tmp_path, line):
    plain, odd = sorted_out(tmp_path / "x", line, "12;?;a;1")
    assert odd == [line]
    assert plain.line.tolist() == ["12;?;a;1"]


def test_quotation_marks_and_backslashes_mean_nothing(tmp_path):
    lines = ['12;?;"a;1', "12;?;\\;1", '12;?;"";1', "12;?;;1"]
    plain, _ = sorted_out(tmp_path / "x", *lines)
    assert plain.title.tolist() == ['"a', "\\", '""', ""]


def test_bytes_that_are_not_utf8_and_a_line_that_is_cut_off_are_odd(tmp_path):
    block = lines_of(tmp_path / "x", b"12;?;a;1\n12;?;\xff;1\n12;?;a;1\n")
    cut = block.set_column(3, "is_cut_off", pa.array([False, False, True]))
    plain, odd = plain_and_odd(cut, FIELDS)
    assert plain["source_line"].to_pylist() == [1]
    assert odd["source_line"].to_pylist() == [2, 3]


def test_a_mark_of_the_encoding_inside_a_log_is_not_lost(tmp_path):
    _, odd = sorted_out(tmp_path / "x", "\ufeff\ufeff12;?;a;1")
    assert odd == ["\ufeff12;?;a;1"]


@pytest.mark.parametrize("kind", KINDS)
def test_sound_lines_are_plain(tmp_path, kind):
    raw = "".join(line + "\n" for line in SOUND[kind]).encode()
    plain, odd = musicbox.sort_out(lines_of(tmp_path / "x", raw), raw_file(kind))
    assert (plain.num_rows, odd.num_rows) == (len(SOUND[kind]), 0)


# The law: the way does not matter.


@pytest.fixture(scope="module")
def ways(tmp_path_factory):
    """Function from the kind and the bytes of a log to its records by either way."""
    path = tmp_path_factory.mktemp("ways") / "raw.log"
    with ExitStack() as open_ones:
        engines_of = [open_ones.enter_context(CATALOGUE.get("duckdb").open()) for _ in range(2)]
        porters = [porter(e, source) for e, source in zip(engines_of, SOURCES, strict=True)]

        def read(kind, raw):
            lines = lines_of(path, raw)
            return [_records(carrier, lines, kind) for carrier in porters]

        yield read


def _records(carrier, lines: pa.Table, kind: str) -> pd.DataFrame:
    plan = carrier.cleaner.clean(lines, raw_file(kind)).plan
    carrier.engine.cache(plan.cleaned, "cleaned")  # by name: its query is compiled once
    rows = carrier.engine.backend.con.execute("FROM cleaned ORDER BY source_line").df()
    return rows.sort_index(axis=1)


def assert_the_way_does_not_matter(short: pd.DataFrame, long: pd.DataFrame) -> None:
    in_both = [name for name in short.columns if name in long.columns]
    assert {name for name in long.columns if name.startswith("hit_")} <= set(in_both)
    pd.testing.assert_frame_equal(short[in_both], long[in_both])


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_what_comes_of_a_line_does_not_depend_on_its_way(ways, kind, data):
    assert_the_way_does_not_matter(*ways(kind, b"\n" + data.draw(dirty_lines(kind))))


@pytest.mark.parametrize("kind", KINDS)
def test_no_example_of_dirt_depends_on_its_way(ways, kind):
    examples = [example_of(rule) for rule in RULES]
    dirt = [line for example in examples if example.kind == kind for _, line in example.rows]
    dirty_plays = [line.encode() for line in DIRTY_PLAYS.values()] if kind == "play" else []
    sound = [line.encode() for line in SOUND[kind]]
    raw = b"".join(line + b"\n" for line in (*sound, *dirt, *dirty_plays, *sound))
    assert_the_way_does_not_matter(*ways(kind, raw))


# A plain line and an odd one can be copies, and so can lines of different pieces.


def test_a_copy_is_found_wherever_the_first_stands(duckdb_engine, tmp_path):
    mended, sound = "\t" + play(1, 7, 63, 190), play(1, 7, 63, 190)
    raw = "".join(line + "\n" for line in (sound, mended, sound, mended)).encode()
    found = cleaned(duckdb_engine, lines_of(tmp_path / "x", raw), raw_file("play"))
    assert found.reason.fillna("").tolist() == ["", "", "duplicate", "duplicate"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 1)), max_size=12))
def test_the_line_before_is_the_last_with_the_same_text_whatever_the_hashes(rows):
    texts = [text for text, _ in rows]
    # Different texts may share a hash, equal ones always do.
    hashes = [ord(text) // 2 for text in texts]
    order = sorted(range(len(rows)), key=lambda at: (rows[at][1], at))
    lines = pa.table(
        {
            "source_line": pa.array([at + 1 for at in order], pa.int64()),
            "line": pa.array([texts[at] for at in order], pa.string()),
            "line_hash": pa.array([hashes[at] for at in order], pa.int64()),
        }
    )
    before = [
        max((other + 1 for other in range(at) if texts[other] == texts[at]), default=None)
        for at in order
    ]
    assert cleaning.previous_lines(lines).to_pylist() == before


@given(st.lists(st.integers(-40, 40), max_size=60), st.integers(1, 20))
def test_the_smallest_hashes_are_different_and_in_order(hashes, n):
    found = cleaning.smallest(np.array(hashes, dtype=np.int64), n)
    assert found == sorted(set(hashes))[:n]


# Queries, many at a time.


@settings(max_examples=200)
@given(
    st.lists(
        st.lists(st.sampled_from(["%e9", "%9F", "%a9", "%C3", "+", "a", "%", "%4", "é", "%0A"]))
    )
)
def test_queries_are_decoded_as_one_by_one(pieces):
    queries = ["".join(piece) for piece in pieces]
    assert decoded_all(pa.chunked_array([queries], pa.string())).to_pylist() == [
        unquote_plus(query) for query in queries
    ]


# Counts.


def test_more_rules_than_a_number_has_bits_are_counted_all_the_same(duckdb_engine):
    rules = [f"rule_{n:02d}" for n in range(70)]
    columns = {f"hit_{name}": [n % 2 == 0, n == 69, False] for n, name in enumerate(rules)}
    given_rows = {"reason": pa.array([None, "rule_69", None], pa.string()), "action": ["play"] * 3}
    table = duckdb_engine.from_arrow(pa.table({**given_rows, **columns}))
    marked = table.select("reason", "action", **cleaning.met(table, rules))
    counted = duckdb_engine.to_arrow(cleaning.counts(marked)).to_pylist()
    totals = cleaning.totals(counted, rules)
    assert (totals["read"], totals["kept"], totals["absorbed"]) == (3, 2, 0)
    assert [totals[name] for name in rules] == [int(n % 2 == 0 or n == 69) for n in range(70)]


def test_downloads_and_searches_are_sorted_out_too(tmp_path):
    for kind, line in (("down", download()), ("search", search(query="a%20b"))):
        plain, _ = musicbox.sort_out(
            lines_of(tmp_path / kind, (line + "\n").encode()), raw_file(kind)
        )
        assert plain.num_rows == 1
    assert plain["query"].to_pylist() == ["a b"]


def test_fields_are_named_alike_on_either_way(duckdb_engine):
    plain = duckdb_engine.from_arrow(pa.table({"user_text": ["1"], "title": ["a"]}))
    split = ibis.memtable({"fields": [[" 1 ", "?", "a ", "3"]]})
    names = Fields(("user_text", None, "title"))
    assert list(by_name(plain, names)) == ["user_text", "title"]
    given_fields = by_name(split, names)
    assert duckdb_engine.to_arrow(split.select(**given_fields)).to_pylist() == [
        {"user_text": "1", "title": "a"}
    ]
