"""A real PostgreSQL: what is sent comes back, once, and the printed SQL runs there."""

from __future__ import annotations

import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import postgres_server
from service import CUTOFF as SQL_CUTOFF
from sql_tables import KNOWN, YESTERDAY, assert_same_rows, duckdb_of_its_own, written
from tenuto import errands, labels, rollups, warehouse
from tenuto.cli._program import build_program
from tenuto.errors import ContractError, EngineError
from tenuto.events.lake import Lake
from tenuto.features import build_features
from tenuto.rollups._build import read_day
from tenuto.timeline import listeners
from tenuto.warehouse import CATALOGUE, Part, Table
from tenuto.warehouse._connect import connected
from tenuto.warehouse._files import parquet_part
from tenuto.warehouse._sql_definitions import definitions
from warehouse_service import BIG, CUTOFF, SCORES, changed, run_service, write_run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server():
    """The address of a server of its own, with a password in it."""
    reason = postgres_server.why_not()
    if reason is not None:
        pytest.skip(reason)
    with postgres_server.postgres_server() as address:
        yield address


@pytest.fixture
def service(tmp_path):
    return run_service(tmp_path)


@pytest.fixture
def schema(request):
    """A schema for each test, on the one server."""
    return request.node.name.removeprefix("test_")[:60]


def spelled(server, schema, *tables):
    return {name: repr(warehouse.read(server, name, schema=schema).to_pylist()) for name in tables}


def by_user(table):
    return table.sort_by("user_id")


def test_scores_come_back_with_their_types_blanks_clocks_big_ids_and_text(server, service, schema):
    errands.export(service, server, schema=schema)
    back = warehouse.read(server, "churn_scores", cutoff=CUTOFF, schema=schema)
    back = back.drop_columns("cutoff")
    assert back.schema.equals(SCORES.schema)
    assert repr(by_user(back).to_pylist()) == repr(by_user(SCORES).to_pylist())


def test_rollups_and_songs_come_back_as_from_a_duckdb_file(server, service, schema, tmp_path):
    file, names = str(tmp_path / "same.duckdb"), ["rollups", "songs", "results"]
    errands.export(service, file, names)
    for table in errands.export(service, server, names, schema=schema).tables:
        if table.n_rows:
            here, there = (
                warehouse.read(to, table.name, schema=where)
                for to, where in ((file, None), (server, schema))
            )
            assert there.schema.equals(here.schema), table.name
            assert sorted(map(repr, there.to_pylist())) == sorted(map(repr, here.to_pylist()))


def test_a_second_export_changes_nothing(server, service, schema):
    names = ["results", "rollups", "songs"]
    tables = [table.name for table in errands.export(service, server, names, schema=schema).tables]
    there = [name for name in tables if name not in ("call_list", "reasons")]
    there = [name for name in there if not name.endswith("_metrics")]
    before = spelled(server, schema, *there)
    again = errands.export(service, server, names, schema=schema)
    assert [table.n_sent for table in again.tables] == [0] * len(again.tables)
    forced = errands.export(service, server, names, schema=schema, force=True)
    assert sum(table.n_rows for table in forced.tables) > 0
    assert spelled(server, schema, *there) == before


def test_a_failed_export_leaves_the_rows_that_were_there(server, service, schema, monkeypatch):
    errands.export(service, server, schema=schema)
    before = spelled(server, schema, "churn_scores", "recommendations")
    write_run(service, CUTOFF, changed(SCORES))
    member = CATALOGUE.get("recommendations")
    (table,) = member.tables(warehouse.Exported(service, None, None, CUTOFF))
    (part,) = table.parts

    def breaking_off():
        yield next(iter(part.batches()))
        raise OSError(5, "the disk is gone")

    broken = Table(table.name, table.key, [Part(CUTOFF, "new", part.schema, breaking_off)])
    monkeypatch.setattr(member, "tables", lambda at: [broken])
    with pytest.raises(OSError, match="the disk is gone"):
        errands.export(service, server, schema=schema)
    assert spelled(server, schema, *before) == before


def test_the_database_itself_refuses_a_row_twice(server, service, schema):
    errands.export(service, server, schema=schema)
    before = spelled(server, schema, "churn_scores")
    write_run(service, CUTOFF, pa.concat_tables([SCORES, SCORES.slice(0, 1)]))
    with pytest.raises(EngineError, match="duplicate key"):
        errands.export(service, server, schema=schema)
    assert spelled(server, schema, "churn_scores") == before


def test_two_exports_at_once_leave_one_set_of_rows(server, service, schema, tmp_path):
    errands.export(service, server, schema=schema)
    other = run_service(tmp_path / "other")
    for workspace in (service, other):
        write_run(workspace, CUTOFF, changed(SCORES))
    going = [
        threading.Thread(
            target=errands.export, args=(each, server), kwargs={"schema": schema, "force": True}
        )
        for each in (service, other)
    ]
    for thread in going:
        thread.start()
    for thread in going:
        thread.join(timeout=60)
    back = warehouse.read(server, "churn_scores", schema=schema)
    assert back.num_rows == SCORES.num_rows - 1
    assert set(back["probability"].to_pylist()) == {0.75}


def test_columns_are_added_and_a_change_of_type_is_refused(server, service, schema):
    errands.export(service, server, schema=schema)
    more = SCORES.append_column("later", pa.nulls(9))
    write_run(service, CUTOFF, more)
    errands.export(service, server, schema=schema)
    write_run(service, CUTOFF, SCORES.append_column("later", pa.array([BIG] * 9)))
    errands.export(service, server, schema=schema)
    back = warehouse.read(server, "churn_scores", schema=schema)
    assert set(back["later"].to_pylist()) == {BIG}
    write_run(service, CUTOFF, SCORES.append_column("later", pa.array(["text"] * 9)))
    with pytest.raises(ContractError, match=r"churn_scores\.later is int64 in the warehouse"):
        errands.export(service, server, schema=schema)


def test_a_nul_in_a_title_becomes_the_sign_for_what_cannot_be_shown(server, service, schema):
    place = SCORES.schema.get_field_index("said")
    write_run(service, CUTOFF, SCORES.set_column(place, "said", pa.array(["a\0b"] * 9)))
    errands.export(service, server, schema=schema)
    back = warehouse.read(server, "churn_scores", schema=schema)
    assert set(back["said"].to_pylist()) == {"a\ufffdb"}


def test_no_message_and_no_table_holds_the_password(server, service, schema):
    words = ["export", str(service.root), "--to", server, "--schema", schema]
    shown = CliRunner().invoke(build_program(), words)
    assert shown.exit_code == 0
    wrong = server.replace(postgres_server.ESCAPED, "n0t-this-one")
    refused = CliRunner().invoke(build_program(), [*words[:3], wrong])
    assert refused.exit_code == 2
    assert "password authentication failed" in refused.stderr
    written_down = spelled(server, schema, "tenuto_exports")["tenuto_exports"]
    files = b"".join(path.read_bytes() for path in service.root.rglob("*") if path.is_file())
    for secret in (postgres_server.PASSWORD, postgres_server.ESCAPED, "n0t-this-one"):
        assert secret not in shown.output + refused.output + written_down
        assert secret.encode() not in files


def test_what_a_role_has_set_for_itself_changes_nothing(server, service, schema):
    own = {"datestyle": "German", "extra_float_digits": "0", "timezone": "Asia/Tokyo"}
    with connected(server) as (there, _):
        for name, value in own.items():
            there.run(f"ALTER ROLE tenuto SET {name} = '{value}'")
    errands.export(service, server, schema=schema)
    back = warehouse.read(server, "churn_scores", schema=schema).drop_columns("cutoff")
    with connected(server) as (there, _):
        there.run("ALTER ROLE tenuto RESET ALL")
    assert repr(by_user(back).to_pylist()) == repr(by_user(SCORES).to_pylist())


def test_ibis_reads_the_tables_without_tenuto(server, service, schema):
    errands.export(service, server, schema=schema)
    with connected(server, schema) as (there, _):
        scores = there.backend.table("churn_scores", database=schema)
        found = scores.filter(scores.is_active_14d).count().execute()
    assert found == SCORES["is_active_14d"].to_pylist().count(True)


# The printed SQL, run where it is meant to run.


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return written(tmp_path_factory.mktemp("sql"))


@pytest.fixture(scope="module")
def engine():
    with duckdb_of_its_own() as engine:
        yield engine


@pytest.fixture(scope="module")
def filled(server, files):
    """The lake and the sums by day on the server, in the schema ``sums``."""
    with connected(server, "sums") as (there, _):
        there.begin()
        for lake in (files.lake, files.rollups):
            for name in sorted(path.name for path in lake.root.iterdir()):
                _send(there, lake, name)
    return server


def _send(there, lake: Lake, name: str) -> None:
    parts = [parquet_part(file, "day", None, "") for file in lake.files(name)]
    key = rollups.CATALOGUE.get(name).KEY if name in rollups.CATALOGUE.names() else ()
    there.create(name, parts[0].schema, tuple(key))
    rows = pa.concat_tables([pq.ParquetFile(file).read() for file in lake.files(name)])
    there.insert(name, parts[0].schema, rows.cast(parts[0].schema).to_batches())


def answers(server, what, name, files) -> pa.Table:
    asked = warehouse.Asked(KNOWN, SQL_CUTOFF, first_day=files.timeline.first_day, database="sums")
    (statement,) = warehouse.statements(what, "postgres", asked, name)
    with connected(server) as (there, _):
        rows = there.run(statement.sql)
        (found,) = (each for each in definitions(what, asked) if each.name == name)
        columns = found.make(asked).columns
    return pa.table({name: [row[at] for row in rows] for at, name in enumerate(columns)})


@pytest.mark.parametrize("name", rollups.CATALOGUE.names())
def test_the_sql_of_a_rollup_gives_the_same_sums_there(filled, files, engine, name):
    day = read_day(engine, files.lake, YESTERDAY, KNOWN)
    member = rollups.CATALOGUE.get(name)
    built = engine.to_arrow(member.build(day))
    assert_same_rows(answers(filled, "rollups", name, files), built, list(member.KEY))


@pytest.fixture(scope="module")
def built_features(engine, files):
    past = files.timeline.past(engine, SQL_CUTOFF)
    built = build_features(past, listeners(past))
    return built.features, engine.to_arrow(built.table)


@pytest.mark.parametrize(
    "family",
    sorted({each.family for each in warehouse._sql_definitions.features.feature_dictionary()}),
)
def test_the_sql_of_a_family_gives_the_same_features_there(filled, files, built_features, family):
    features, table = built_features
    names = [feature.name for feature in features if feature.family == family]
    expected = table.select(["user_id", *names])
    assert_same_rows(answers(filled, "features", family, files), expected, ["user_id"])


@pytest.mark.parametrize("name", labels.CATALOGUE.names())
def test_the_sql_of_a_label_gives_the_same_there(filled, files, name):
    asked = files.asked()
    (statement,) = warehouse.statements("labels", "duckdb", asked, name)
    with files.plain() as connection:
        expected = connection.execute(statement.sql).to_arrow_table()
    assert_same_rows(answers(filled, "labels", name, files), expected, ["user_id"])
