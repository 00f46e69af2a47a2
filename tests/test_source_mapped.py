"""Any log through a mapping: formats and packings, quoting, dirt, and what values mean."""

import bz2
import csv
import gzip
import io
import zipfile
from datetime import date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import REAL_DATA, events_of, log, set_aside_of
from mapped_logs import ANN, BOB, HEADER, LISTENS, MAPPING, ingested, mistake, records
from tenuto.ingest import Ledger, ingest
from tenuto.sources import find, mapped
from tenuto.sources._mapped.delimited import DelimitedReader
from tenuto.sources._mapped.mapping import read_mapping
from tenuto.workspace import Workspace

# Formats and packings.


def test_a_row_is_an_event_of_its_user_moment_item_and_seconds(tmp_path):
    workspace, summary = ingested(tmp_path, log(tmp_path, "plays.csv", HEADER, ANN, BOB), MAPPING)
    assert (summary.n_lines, summary.n_kept, summary.n_set_aside) == (2, 2, 0)
    ann, bob = events_of(workspace).itertuples()
    assert (ann.user_id, ann.action, ann.item_id, ann.played_s) == ("ann", "play", 7, 189.5)
    assert (ann.timestamp, ann.day) == (datetime(2024, 3, 30, 12, 0, 5), date(2024, 3, 30))
    assert (bob.user_id, bob.day, bob.source_line) == ("bob", date(2024, 3, 31), 3)


def _zipped(text):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", text)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("plays.csv", bytes),
        ("plays.csv.gz", gzip.compress),
        ("plays.csv.bz2", bz2.compress),
        ("plays.csv.zip", _zipped),
        ("plays.csv", lambda text: b"\xef\xbb\xbf" + text),
        ("plays.csv", lambda text: text.replace(b"\n", b"\r\n")),
        ("plays.tsv", lambda text: text.replace(b",", b"\t")),
        ("plays", lambda text: text.replace(b",", b";")),
        ("plays.dat", lambda text: text.replace(b",", b"::")),
    ],
)
def test_a_packing_or_a_delimiter_changes_nothing(tmp_path, name, packed):
    (tmp_path / name).write_bytes(packed("\n".join([HEADER, ANN, BOB]).encode()))
    (file,) = find(mapped.configured(MAPPING), tmp_path / name)[0]
    rows = records(file.path)
    assert [row["user_text"] for row in rows] == ["ann", "bob"]
    assert [row["source_line"] for row in rows] == [2, 3]


def test_json_lines_say_the_same_with_keys_in_any_order(tmp_path):
    path = log(
        tmp_path,
        "plays.jsonl",
        '{"user":"ann","when":1711800005,"song":7,"seconds":189.5}',
        '{"song":8,"when":"2024-03-31T00:00:00Z","user":"bob","more":{"a":[1]}}',
    )
    ann, bob = records(path)
    assert (ann["item_text"], ann["played_text"]) == ("7", "189.5")
    assert ann["timestamp"] == datetime(2024, 3, 30, 12, 0, 5)
    assert (bob["item_text"], bob["played_text"]) == ("8", None)


def test_a_whole_number_of_json_is_never_rounded(tmp_path):
    path = log(tmp_path, "a.json", '{"user":9007199254740993,"when":1711800005}')
    (row,) = records(path, user_id="user", user_id_type="int64", timestamp="when")
    assert row["user_text"] == "9007199254740993"


def test_keys_may_be_inside_of_others_or_have_a_dot(tmp_path):
    path = log(
        tmp_path,
        "listens.jsonl",
        '{"user":"a","when":1711800005,"track":{"by":"Björk"},"track.name":"Jóga"}',
    )
    (row,) = records(path, user_id="user", timestamp="when", artist="track.by", title="track.name")
    assert (row["artist"], row["title"]) == ("Björk", "Jóga")


def test_a_parquet_file_keeps_its_types(tmp_path):
    table = pa.table(
        {
            "user": pa.array([1.0, None]),  # integers with a blank, as pandas writes them
            "when": pa.array([datetime(2024, 3, 30, 12), None], pa.timestamp("ns", "Asia/Tokyo")),
            "song": pa.array(["x", "y"]).dictionary_encode(),
            "heard": pa.array([{"ms": 1500}, {"ms": None}]),
        }
    )
    pq.write_table(table, tmp_path / "plays.parquet")
    section = {"user_id": "user", "user_id_type": "int64", "timestamp": "when", "item_id": "song"}
    one, two = records(tmp_path / "plays.parquet", **section, played="heard.ms", played_unit="ms")
    assert (one["user_text"], one["item_text"], one["played_text"]) == ("1", "x", "1.5")
    assert one["timestamp"] == datetime(2024, 3, 30, 12)
    assert (two["user_text"], two["timestamp"], two["source_line"]) == (None, None, 2)


def test_a_folder_is_read_file_by_file_and_what_does_not_fit_is_named(tmp_path):
    log(tmp_path / "logs" / "2024", "a.csv", HEADER, ANN)
    log(tmp_path / "logs" / "2024", "b.csv", HEADER, BOB)
    log(tmp_path / "logs", "items.csv", "song,title", "7,Jóga")
    log(tmp_path / "logs", "README.md", "plays")
    log(tmp_path / "logs", "empty.csv")
    files, ignored = find(mapped.configured(MAPPING), tmp_path / "logs")
    assert [file.key for file in files] == ["2024__a", "2024__b"]
    reasons = {item.path.name: item.reason for item in ignored}
    assert reasons["items.csv"].startswith("user_id: no column 'user' in items.csv")
    assert reasons["empty.csv"] == "it is empty"
    assert "not a table by its name" in reasons["README.md"]


def test_where_nothing_fits_the_largest_file_says_why(tmp_path):
    log(tmp_path / "logs", "A.txt", "to whom it may concern")
    log(tmp_path / "logs", "plays.csv", HEADER, ANN, BOB)
    said = mistake(tmp_path / "logs", **{**MAPPING, "user_id": "usr"})
    assert "no column 'usr' in plays.csv" in said


def test_blocks_of_any_size_give_the_same_rows(tmp_path):
    quoted = 'cy,2024-03-30T12:00:06Z,"9\n9",1'
    path = log(tmp_path, "plays.csv", HEADER, *[ANN, quoted, BOB] * 5)
    whole = records(path)
    assert [row["source_line"] for row in whole][:4] == [2, 3, 5, 6]
    assert all(records(path, block_rows) == whole for block_rows in (1, 2, 3, 7))


# Quoting.


HEADER_OF_THREE = ("user", "when", "x")
CELLS = st.text(
    st.characters(exclude_characters="\r\x00\ufeff", exclude_categories=["Cs"]), max_size=12
).map(str.strip)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8), st.sampled_from(",;\t|"))
def test_what_is_written_as_csv_is_read_back(tmp_path_factory, rows, delimiter):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerows([HEADER_OF_THREE, *rows])
    section = {"user_id": "user", "timestamp": "when", "title": "x", "delimiter": delimiter}
    reader = DelimitedReader(path, read_mapping(section))
    found = [row for block in reader for row in pa.table(block.cells).to_pylist()]
    written = [dict(zip(HEADER_OF_THREE, row, strict=True)) for row in rows]
    assert found == [row for row in written if tuple(row.values()) != HEADER_OF_THREE]


def test_a_mark_that_is_not_closed_costs_its_own_line(tmp_path):
    lines = [f'u{n},2024-03-30T12:00:05Z,"Song {n}",3' for n in range(200)]
    lines[3] = 'u3,2024-03-30T12:00:05Z,"Song 3'
    path = log(tmp_path, "plays.csv", HEADER, *lines)
    rows = records(path, **{**MAPPING, "item_id_type": "string"})
    assert len(rows) == 200
    assert [row["source_line"] for row in rows if not row["is_record"]] == [5]


@pytest.mark.parametrize("title", ['12" mix', '"Heroes" (live)', '"Weird Al" Yankovic', 'a "b" c'])
def test_marks_inside_of_a_cell_are_a_part_of_it(tmp_path, title):
    path = log(tmp_path, "listens.tsv", "user\twhen\tartist\ttrack", f"ann\t1711800005\tx\t{title}")
    (row,) = records(path, **LISTENS)
    assert row["title"] == title


# Dirt.


def test_lines_that_are_no_records_are_set_aside_with_their_place(tmp_path):
    path = log(tmp_path, "plays.csv", HEADER, ANN, "too,few", "", BOB + ",too,many", BOB)
    workspace, summary = ingested(tmp_path, path, MAPPING)
    assert (summary.n_lines, summary.n_kept, summary.n_set_aside) == (5, 2, 3)
    aside = set_aside_of(workspace)
    assert aside["source_line"].tolist() == [3, 4, 5]
    assert aside["reason"].tolist() == ["unreadable_record", "blank_line", "unreadable_record"]
    assert aside["record"][0] == "too,few"


def test_json_that_is_none_is_set_aside(tmp_path):
    whole = '{"user":"ann","when":1711800005,"song":7,"seconds":1}'
    path = log(tmp_path, "plays.jsonl", whole, "nonsense", "[1]", '{"user":"a', "3", whole[:-1])
    _, summary = ingested(tmp_path, path, MAPPING)
    assert (summary.n_kept, summary.rules["unreadable_record"]) == (1, 5)


def test_times_and_users_that_cannot_be_read_are_set_aside_and_numbers_are_noted(tmp_path):
    path = log(
        *(tmp_path, "plays.csv", HEADER, *[ANN.replace("ann", f"u{n}") for n in range(9)]),
        *("cy,soon,7,1", ",2024-03-30T12:00:05Z,7,1", "di,2024-03-30T12:00:05Z,7,long"),
    )
    workspace, summary = ingested(tmp_path, path, MAPPING)
    assert set_aside_of(workspace)["reason"].tolist() == ["no_day", "no_user"]
    assert summary.rules["unreadable_clock"] == 1
    assert summary.rules["unreadable_played"] == 1


def test_a_header_that_comes_again_is_no_event(tmp_path):
    rows = records(log(tmp_path, "plays.csv", HEADER, ANN, HEADER, BOB))
    assert [row["source_line"] for row in rows] == [2, 4]


def test_an_archive_that_ends_early_gives_what_came_before(tmp_path):
    lines = "\n".join([HEADER, *[ANN] * 50_000]).encode()
    (tmp_path / "plays.csv.gz").write_bytes(gzip.compress(lines)[:-20])
    reader = mapped.configured(MAPPING).reader(tmp_path / "plays.csv.gz")
    blocks = list(reader)
    assert reader.damage
    assert sum(block.num_rows for block in blocks) > 1_000
    assert blocks[-1]["is_cut_off"][-1].as_py()


def test_a_row_that_stands_twice_is_one_event(tmp_path):
    _, summary = ingested(tmp_path, log(tmp_path, "plays.csv", HEADER, ANN, ANN, BOB), MAPPING)
    assert (summary.n_kept, summary.rules["duplicate"]) == (2, 1)


# What values mean.


def test_the_names_of_an_item_stand_for_its_id(tmp_path):
    path = log(
        *(tmp_path, "listens.csv", "user,when,artist,track"),
        *("ann,1711800005,Björk,Jóga", "ann,1711800006,,Jóga", "ann,1711800007,Björk,"),
    )
    workspace, _ = ingested(tmp_path, path, LISTENS)
    events = events_of(workspace)
    assert events["item_id"].fillna("none").tolist() == ["Björk — Jóga", "? — Jóga", "none"]


def test_values_of_the_action_column_are_translated(tmp_path):
    rows = [f"u,{1711800000 + n},{what}" for n, what in enumerate(["listen", "bye", "dance", ""])]
    path = log(tmp_path, "log.csv", "user,when,event", *rows)
    section = {"user_id": "user", "timestamp": "when", "action": "event"}
    listed = {"listen": "play", "bye": "cancel"}
    strict = records(path, **section, actions=listed)
    assert [row["action"] for row in strict] == ["play", "cancel", None, None]
    assert [row["is_record"] for row in strict] == [True, True, False, False]
    open_to_others = records(path, **section, actions={**listed, "*": "page"})
    assert [row["action"] for row in open_to_others] == ["play", "cancel", "page", "page"]


def test_who_pays_is_told_by_the_values_that_say_so(tmp_path):
    rows = [f"u,{1711800000 + n},{plan}" for n, plan in enumerate(["Gold", "free", ""])]
    path = log(tmp_path, "log.csv", "user,when,plan", *rows)
    found = records(
        path,
        user_id="user",
        timestamp="when",
        is_paid="plan",
        paid_values=["gold"],
        plan="plan",
    )
    assert [row["is_paid"] for row in found] == [True, False, None]
    assert [row["plan"] for row in found] == ["Gold", "free", None]


def test_a_stored_record_shows_no_query_and_no_address(tmp_path):
    path = log(
        *(tmp_path, "log.csv", "user,when,query,ip"),
        *("ann,1711800005,my illness,192.0.2.3", "bob,1711800005,,192.0.2.3"),
        *("ann,1711800006,my illness,192.0.2.3", ",1711800005,my illness,192.0.2.3"),
        *(",1711800005,,192.0.2.3", "my illness,", ",1711800005,,x@example.org"),
    )
    section = {"user_id": "user", "timestamp": "when", "action": "search", "text": "query"}
    workspace, summary = ingested(tmp_path, path, section)
    assert summary.n_set_aside == 4
    stored = " ".join(set_aside_of(workspace)["record"])
    assert "illness" not in stored
    assert "192.0.2.3" not in stored
    assert "x@example.org" not in stored
    assert events_of(workspace)["text"].isna().all()


def test_ingesting_the_same_table_again_reads_nothing(tmp_path):
    workspace, _ = ingested(tmp_path, log(tmp_path, "plays.csv", HEADER, ANN, BOB), MAPPING)
    assert ingest(workspace).n_files_read == 0


def test_another_mapping_reads_everything_anew(tmp_path):
    workspace, _ = ingested(tmp_path, log(tmp_path, "plays.csv", HEADER, ANN, BOB), MAPPING)
    workspace.settings.source.mapping = {**MAPPING, "item_id_type": "string"}
    assert ingest(workspace).n_files_read == 1
    assert events_of(workspace)["item_id"].tolist() == ["7", "8"]


# Real logs, and one of another country.


def guessed_and_ingested(tmp_path, logs):
    text = mapped.guess(logs)
    assert len(text.splitlines()) <= 11  # the heading and ten lines
    workspace = Workspace.create(tmp_path / "w", source="mapped", logs=logs, mapping=text)
    workspace.settings.engine.threads = 1
    return workspace, ingest(workspace)


@pytest.mark.real_data
@pytest.mark.slow
def test_thirty_music_sessions_are_read_by_a_guess(tmp_path):
    logs = REAL_DATA / "sessions-30music" / "plays.csv.gz"
    workspace, summary = guessed_and_ingested(tmp_path, logs)
    events = events_of(workspace)
    assert summary.n_kept == 167_998
    assert events["user_id"].nunique() == 7_150
    assert events["item_id"].nunique() == 9_980
    assert events["session_id"].nunique() == 18_714
    assert events["timestamp"].min() == datetime(2014, 1, 20, 9, 26, 7)
    assert events["timestamp"].max() == datetime(2015, 1, 20, 9, 19, 45)


@pytest.mark.real_data
@pytest.mark.slow
def test_movielens_ratings_are_read_by_a_guess(tmp_path):
    logs = REAL_DATA / "movielens-100k" / "u.data.gz"
    workspace, summary = guessed_and_ingested(tmp_path, logs)
    events = events_of(workspace)
    assert summary.n_kept == len(events) == 100_000
    assert (events["user_id"].nunique(), events["item_id"].nunique()) == (943, 1_682)
    assert events["timestamp"].min() == datetime(1997, 9, 20, 3, 5, 10)
    assert Ledger(workspace.audit / "ledger").entry("u")["damage"] is None


def test_a_log_of_another_country_needs_ten_lines(tmp_path):
    path = log(
        *(tmp_path, "hoeren.csv", "Hörer;Zeit;Künstler;Titel;Dauer"),
        *("anna;31.03.2024 03:30:00;Die Ärzte;Schrei nach Liebe;254000,5",),
        *('bernd;30.03.2024 23:59:59;"Ton; Steine; Scherben";"Der ""Traum""\nist aus";570000,0',),
    )
    section = {
        "user_id": "Hörer",
        "timestamp": "Zeit",
        "time_format": "%d.%m.%Y %H:%M:%S",
        "time_zone": "Europe/Berlin",
        "item_id": ["Künstler", "Titel"],
        "played": "Dauer",
        "played_unit": "ms",
        "decimal": ",",
        "delimiter": ";",
    }
    assert len(section) <= 10
    workspace, summary = ingested(tmp_path, path, section)
    assert (summary.n_lines, summary.n_kept) == (2, 2)
    anna, bernd = events_of(workspace).itertuples()
    assert (anna.timestamp, anna.played_s) == (datetime(2024, 3, 31, 1, 30), 254.0005)
    assert (bernd.timestamp, bernd.played_s) == (datetime(2024, 3, 30, 22, 59, 59), 570.0)
    assert bernd.item_id == 'Ton; Steine; Scherben — Der "Traum"\nist aus'
