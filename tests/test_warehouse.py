"""Tables sent to a warehouse and read back: the same rows, once, or as they were before."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from conftest import FIRST_DAY
from tenuto import errands, rollups, warehouse
from tenuto.cli._program import build_program
from tenuto.errors import (
    ContractError,
    CutoffError,
    EngineError,
    SettingsError,
    UnknownName,
    WorkspaceError,
)
from tenuto.events.lake import Lake
from tenuto.warehouse import CATALOGUE, Part, Table
from tenuto.warehouse._address import address_of
from tenuto.warehouse._choice import groups
from tenuto.warehouse._connect import connected
from tenuto.warehouse._types import plain
from warehouse_service import BIG, CUTOFF, SCORES, SECOND_DAY, changed, run_service, write_run


def tenuto(*words, **environment):
    return CliRunner().invoke(build_program(), [str(word) for word in words], env=environment)


@pytest.fixture
def service(tmp_path):
    return run_service(tmp_path)


@pytest.fixture
def file(tmp_path):
    return str(tmp_path / "results.duckdb")


def sent(summary):
    """How many parts of each table were sent."""
    return {table.name: table.n_sent for table in summary.tables if table.n_sent}


def rows_sent(summary):
    return sum(table.n_rows for table in summary.tables)


def without_cutoff(table):
    assert set(table["cutoff"].to_pylist()) == {CUTOFF}
    return table.drop_columns("cutoff")


def spelled(table):
    """Every value in full: NaN is no other than NaN, and -0.0 is not 0.0."""
    return repr(table.to_pylist())


def in_order(table, *key):
    return table.sort_by([(name, "ascending") for name in key])


# There and back.


def test_what_is_read_back_is_what_was_sent(service, file):
    errands.export(service, file)
    back = without_cutoff(warehouse.read(file, "churn_scores", cutoff=CUTOFF))
    assert back.schema.equals(SCORES.schema)
    assert spelled(in_order(back, "user_id")) == spelled(in_order(SCORES, "user_id"))


def test_a_csv_of_the_run_has_its_types_and_blanks_are_null(service, file):
    errands.export(service, file, ["hot"])
    (row,) = warehouse.read(file, "hot").to_pylist()
    assert row["item_id"] == BIG
    assert row["title"] == '"1,2",\n3'
    assert row["score"] == 1 / 3
    assert row["n_plays"] == 2
    assert row["n_searches"] is None


def test_rollups_come_back_day_by_day_as_they_are_in_the_lake(service, file):
    errands.export(service, file, ["rollups"])
    lake = Lake(service.rollups)
    for name in lake_tables(service):
        expected = pa.concat_tables(
            [pq.ParquetFile(path).read().replace_schema_metadata() for path in lake.files(name)]
        )
        back = warehouse.read(file, name)
        assert back.schema.equals(expected.schema), name
        key = rollups.CATALOGUE.get(name).KEY
        assert in_order(back, *key).equals(in_order(expected, *key)), name
    one = warehouse.read(file, "user_days", since=SECOND_DAY, before=CUTOFF)
    assert set(one["day"].to_pylist()) == {SECOND_DAY}


def lake_tables(service):
    return sorted(path.name for path in service.rollups.iterdir() if path.is_dir())


def test_only_some_columns_can_be_read(service, file):
    errands.export(service, file)
    back = warehouse.read(file, "churn_scores", columns=["user_id", "probability"])
    assert back.schema.names == ["user_id", "probability"]


def test_the_three_tables_of_an_earlier_project_have_its_columns(service, file):
    errands.export(service, file, ["songs"])
    assert warehouse.read(file, "rating").schema.names == ["uid", "song_id", "rating"]
    ratings = {(row["uid"], row["song_id"]): row["rating"] for row in read(file, "rating")}
    assert ratings == {(3, 7): 5.0, (BIG, 7): 5.0, (BIG, BIG): 1.0}
    assert read(file, "recommendation") == [
        {"uid": 3, "song_id": BIG, "prediction": 0.125},
        {"uid": BIG, "song_id": 7, "prediction": 0.25},
    ]
    assert read(file, "song") == [
        {"song_id": 7, "singer": "O'Neil; DROP", "song_name": None},
        {"song_id": BIG, "singer": "周杰伦", "song_name": "晴天"},
    ]


def read(file, table):
    return warehouse.read(file, table).to_pylist()


def test_a_campaign_is_a_part_of_its_own(service, file):
    for name in ("spring", "autumn"):
        (service.campaigns / name).mkdir(parents=True)
        groups_of = pa.table({"user_id": [BIG], "group": ["treat"]})
        pq.write_table(groups_of, service.campaigns / name / "groups.parquet")
    errands.export(service, file, ["campaigns"])
    assert [row["campaign"] for row in read(file, "campaign_groups")] == ["autumn", "spring"]


# Once.


def test_a_second_export_sends_nothing(service, file):
    names = ["results", "rollups", "songs"]
    first = errands.export(service, file, names)
    tables = [table.name for table in first.tables if table.n_rows]
    before = all_of(file, tables)
    assert sent(errands.export(service, file, names)) == {}
    assert all_of(file, tables) == before


def all_of(file, tables):
    return {name: spelled(warehouse.read(file, name)) for name in tables}


def test_with_force_everything_is_sent_and_nothing_is_doubled(service, file):
    first = errands.export(service, file, ["results", "rollups"])
    again = errands.export(service, file, ["results", "rollups"], force=True)
    assert rows_sent(again) == rows_sent(first) > 0
    assert warehouse.read(file, "churn_scores").num_rows == SCORES.num_rows


def test_another_run_at_a_cutoff_takes_the_place_of_the_first_and_leaves_other_cutoffs(
    service, file
):
    write_run(service, SECOND_DAY, SCORES)
    errands.export(service, file, cutoff=SECOND_DAY)
    errands.export(service, file)
    write_run(service, CUTOFF, changed(SCORES))
    assert sent(errands.export(service, file)) == {"churn_scores": 1}
    now = warehouse.read(file, "churn_scores", cutoff=CUTOFF)
    assert set(now["probability"].to_pylist()) == {0.75}
    assert now.num_rows == SCORES.num_rows - 1
    assert warehouse.read(file, "churn_scores", cutoff=SECOND_DAY).num_rows == SCORES.num_rows


def test_a_day_that_is_summed_anew_is_sent_alone(service, file):
    errands.export(service, file, ["rollups"])
    lake = Lake(service.rollups)
    rows = pq.ParquetFile(lake.path("user_days", FIRST_DAY)).read()
    lake.put_rows("user_days", FIRST_DAY, "part", "summed anew", rows)
    assert sent(errands.export(service, file, ["rollups"])) == {"user_days": 1}


def test_rows_that_somebody_deleted_are_sent_again(service, file):
    errands.export(service, file)
    with duckdb.connect(file) as connection:
        connection.execute("DELETE FROM churn_scores WHERE rank = 1")
    assert sent(errands.export(service, file)) == {"churn_scores": 1}
    assert warehouse.read(file, "churn_scores").num_rows == SCORES.num_rows


def test_what_a_run_does_not_leave_any_more_goes(service, file):
    errands.export(service, file)
    (service.run_folder(CUTOFF) / "churn" / "churn_scores.parquet").unlink()
    assert sent(errands.export(service, file)) == {"churn_scores": 1}
    assert warehouse.read(file, "churn_scores").num_rows == 0
    assert sent(errands.export(service, file)) == {}


# Whole or not at all.


def failing_half_way(table):
    """``table`` with a part that breaks off after its first rows."""
    (part,) = table.parts

    def batches():
        yield next(iter(part.batches()))
        raise OSError(5, "the disk is gone")

    return [Table(table.name, table.key, [Part(part.value, "new", part.schema, batches)])]


def test_an_export_that_fails_leaves_all_rows_of_the_cutoff_as_they_were(
    service, file, monkeypatch
):
    errands.export(service, file)
    before = all_of(file, ("churn_scores", "recommendations"))
    write_run(service, CUTOFF, changed(SCORES))
    member = CATALOGUE.get("recommendations")
    broken = failing_half_way(*member.tables(at(service)))
    monkeypatch.setattr(member, "tables", lambda at: broken)
    with pytest.raises((OSError, EngineError), match="the disk is gone"):
        errands.export(service, file)
    assert all_of(file, before) == before
    monkeypatch.undo()
    assert "churn_scores" in sent(errands.export(service, file))


def at(service):
    return warehouse.Exported(service, None, None, CUTOFF)


def test_nothing_is_sent_to_a_file_that_is_no_database(service, file, tmp_path):
    errands.export(service, file)
    (tmp_path / "no.duckdb").write_text("not a database", "utf-8")
    with pytest.raises(EngineError, match=r"cannot open .*no\.duckdb") as told:
        errands.export(service, str(tmp_path / "no.duckdb"))
    assert told.value.mend == "name another file; this one is left as it is"
    assert (tmp_path / "no.duckdb").read_text("utf-8") == "not a database"


def test_a_folder_is_no_file_and_gets_the_name_of_one(service, tmp_path):
    (tmp_path / "folder.duckdb").mkdir()
    with pytest.raises(EngineError, match=r"is a folder\n.*folder\.duckdb/results\.duckdb"):
        errands.export(service, str(tmp_path / "folder.duckdb"))


def test_a_file_in_the_way_of_a_folder_is_said_with_its_mend(service, tmp_path):
    (tmp_path / "plain").write_text("", "utf-8")
    told = tenuto("export", service.root, "--to", tmp_path / "plain" / "x.duckdb")
    assert told.exit_code == 2
    assert "a file of that name is in the way" in told.stderr


def test_too_little_memory_names_the_setting(service, file):
    service.settings.engine.memory = "1MB"
    with pytest.raises(EngineError, match=r"more engine\.memory in tenuto\.toml"):
        errands.export(service, file)


# Columns that come and change.


def test_a_new_column_is_added_and_null_in_older_rows(service, file):
    write_run(service, SECOND_DAY, SCORES)
    errands.export(service, file, cutoff=SECOND_DAY)
    more = SCORES.append_column("later", pa.array(range(9), pa.int64()))
    write_run(service, CUTOFF, more)
    errands.export(service, file)
    back = warehouse.read(file, "churn_scores")
    assert back.schema.field("later").type == pa.int64()
    is_older = pc.equal(back["cutoff"], pa.scalar(SECOND_DAY))
    assert back.filter(is_older)["later"].null_count == SCORES.num_rows
    assert back.filter(pc.invert(is_older))["later"].null_count == 0


def test_a_column_in_which_nothing_was_known_takes_the_type_of_what_comes(service, file):
    write_run(service, SECOND_DAY, SCORES.append_column("later", pa.nulls(9)))
    errands.export(service, file, cutoff=SECOND_DAY)
    write_run(service, CUTOFF, SCORES.append_column("later", pa.array([BIG] * 9)))
    errands.export(service, file)
    assert warehouse.read(file, "churn_scores", cutoff=CUTOFF)["later"].to_pylist() == [BIG] * 9


def test_a_column_of_another_type_is_refused_and_the_old_rows_stay(service, file):
    errands.export(service, file)
    before = all_of(file, ["churn_scores"])
    spoiled = SCORES.set_column(0, "rank", pa.array(["first"] * 9))
    write_run(service, CUTOFF, spoiled)
    with pytest.raises(ContractError, match=r"churn_scores\.rank is int64 in the warehouse"):
        errands.export(service, file)
    assert all_of(file, before) == before


def test_dictionaries_and_other_types_of_arrow_become_those_that_every_database_has():
    odd = pa.schema(
        [
            ("band", pa.dictionary(pa.int8(), pa.large_string())),
            ("seen", pa.timestamp("ns", "UTC")),
            ("n", pa.uint32()),
            ("nothing", pa.null()),
        ]
    )
    types = [pa.string(), pa.timestamp("us"), pa.int64(), pa.string()]
    assert plain(odd).types == types
    with pytest.raises(ContractError, match=r"'songs' is list"):
        plain(pa.schema([("songs", pa.list_(pa.int64()))]))


# Addresses and passwords.


@pytest.mark.parametrize(
    "address",
    [
        "postgres://ann:hunter2@db/music",
        "postgresql://ann:hunter2@db:5432/music?sslmode=require",
        "postgres://ann@db/music?password=hunter2",
        "postgres://db/music?user=ann&PASSWORD=hunter2",
        "postgres://ann:hunter2/with?signs@db/music",
    ],
)
def test_a_password_is_never_shown(address):
    known = address_of(address)
    assert "hunter2" not in known.shown + repr(known)
    assert "hunter2" not in known.scrubbed(f"no user at {address}")
    assert "***" in known.shown


def test_a_password_of_an_address_that_is_refused_is_not_shown_either():
    with pytest.raises(SettingsError, match="no warehouse") as refused:
        address_of("mysql://ann:hunter2@db/music")
    assert "hunter2" not in str(refused.value)


def test_a_password_that_is_escaped_is_known_in_both_spellings():
    known = address_of("postgres://ann:p%40ss%2Fword@db/music")
    assert known.scrubbed("p%40ss%2Fword or p@ss/word") == "*** or ***"


def test_who_cannot_be_reached_is_named_without_the_password(service):
    pytest.importorskip("psycopg", reason="PostgreSQL needs psycopg: tenuto[postgres]")
    address = "postgres://ann:hunter2@127.0.0.1:1/music"
    shown = tenuto("export", service.root, "--to", address)
    assert shown.exit_code == 2
    assert "cannot connect to postgres://ann:***@127.0.0.1:1/music" in shown.stderr
    assert "hunter2" not in shown.output
    assert "PGPASSWORD" in shown.stderr


@pytest.mark.parametrize("address", ["results.csv", "s3://bucket/x", "somewhere", "duckdb://"])
def test_what_is_no_warehouse_is_refused_with_examples(service, address):
    shown = tenuto("export", service.root, "--to", address)
    assert shown.exit_code == 2
    assert f"'{address}' is no warehouse" in shown.stderr
    assert "--to results.duckdb" in shown.stderr


# Choosing.


def test_a_name_may_be_a_group_an_export_or_a_table(service, file):
    chosen = errands.export(service, file, ["user_days,hot", "songs"])
    assert [table.name for table in chosen.tables] == [
        *("user_days", "hot", "rating", "recommendation", "song")
    ]


def test_a_name_that_is_none_gets_the_nearest_one(service, file):
    with pytest.raises(UnknownName, match="Did you mean 'rollups'"):
        errands.export(service, file, ["rollup"])


@pytest.mark.parametrize("names", [[""], [","], ["", " "]])
def test_names_that_name_nothing_are_refused(service, file, names):
    with pytest.raises(UnknownName, match="no table is named"):
        errands.export(service, file, names)


def test_a_schema_without_a_name_is_refused(service, file):
    with pytest.raises(SettingsError, match="the schema has no name"):
        errands.export(service, file, schema="")


def test_a_cutoff_without_a_run_says_what_to_run(service, file):
    with pytest.raises(WorkspaceError, match="nothing was run at 2017-03-31"):
        errands.export(service, file, cutoff=date(2017, 3, 31))


def test_rollups_need_no_run(service, file):
    assert sent(errands.export(service, file, ["user_days"], SECOND_DAY)) == {"user_days": 2}


def test_tables_may_be_in_a_schema_of_their_own(service, file):
    errands.export(service, file, schema="music")
    assert warehouse.read(file, "churn_scores", schema="music").num_rows == SCORES.num_rows
    with pytest.raises(UnknownName, match="There are: none"):
        warehouse.read(file, "churn_scores")
    with pytest.raises(UnknownName, match="There are: none"):
        warehouse.read(file, "churn_scores", schema="nobodys")


def test_somebody_may_read_while_somebody_else_reads(service, file):
    errands.export(service, file)
    with connected(file, is_read_only=True):
        other = "import sys, tenuto.warehouse as w; print(w.read(sys.argv[1], 'hot').num_rows)"
        told = subprocess.run(
            [sys.executable, "-c", other, file], capture_output=True, text=True, check=True
        )
    assert told.stdout == "1\n"


def test_reading_says_what_there_is(service, file, tmp_path):
    errands.export(service, file)
    with pytest.raises(UnknownName, match="There are: churn_scores, hot, recommendations"):
        warehouse.read(file, "scores")
    with pytest.raises(UnknownName, match="no column 'chance'"):
        warehouse.read(file, "churn_scores", columns=["chance"])
    with pytest.raises(ContractError, match="no column 'day'"):
        warehouse.read(file, "churn_scores", since=CUTOFF)
    with pytest.raises(CutoffError, match="'nonsense' is not a date"):
        warehouse.read(file, "churn_scores", cutoff="nonsense")
    with pytest.raises(EngineError, match="is not there"):
        warehouse.read(str(tmp_path / "none.duckdb"), "churn_scores")


# The command.


def test_the_command_says_what_was_sent_and_where(service, file):
    shown = tenuto("export", service.root, "--to", file, "--json")
    told = json.loads(shown.stdout)
    assert told["to"] == file
    (scores,) = [table for table in told["tables"] if table["name"] == "churn_scores"]
    assert scores == {
        "name": "churn_scores",
        "by": "cutoff",
        "n_parts": 1,
        "n_sent": 1,
        "n_rows": SCORES.num_rows,
    }
    assert f"In {file}" in tenuto("export", service.root, "--to", file).stdout


def test_the_address_may_come_from_the_environment(service, file):
    assert tenuto("export", service.root, TENUTO_WAREHOUSE=file).exit_code == 0


# What the room promises of every export.


EXPORTS = CATALOGUE.names()


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_says_what_a_row_is_and_is_in_a_group(name):
    assert CATALOGUE.describe(name).startswith(("One row per ", "The sums by day"))
    assert name in groups()[CATALOGUE.get(name).GROUP]


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_gives_tables_without_reading_rows(duckdb_engine, service, name):
    timeline = errands.timeline_of(service)
    at = warehouse.Exported(service, duckdb_engine, timeline, CUTOFF)
    for table in CATALOGUE.get(name).tables(at):
        assert len(table.name) <= 63
        assert table.key
        names = {part.value for part in table.parts}
        assert len(names) == len(table.parts)
        assert (table.by is None) == (names == {None}) or not names


def test_a_group_and_an_export_never_share_a_name_with_another_meaning():
    for group, members in groups().items():
        assert group not in EXPORTS or members == [group]


def test_a_warehouse_that_is_not_ours_is_left_as_it_is(file):
    with duckdb.connect(file) as connection:
        connection.execute("CREATE TABLE theirs (a INTEGER)")
    assert warehouse.read(file, "theirs").num_rows == 0
    with connected(file) as (there, _):
        assert there.names() == ["theirs"]
