"""Definitions as SQL: what a plain database answers to it, and what a dialect cannot say."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
import sqlglot
from typer.testing import CliRunner

from service import CUTOFF
from sql_tables import KNOWN, YESTERDAY, assert_same_rows, duckdb_of_its_own, written
from tenuto import labels, rollups, warehouse
from tenuto.cli._program import build_program
from tenuto.errors import CutoffError, SettingsError, UnknownName
from tenuto.features import CATALOGUE as FAMILIES
from tenuto.features import build_features
from tenuto.rollups._build import read_day
from tenuto.sources import musicbox
from tenuto.timeline import listeners
from tenuto.warehouse._sql_definitions import KINDS, definitions
from tenuto.warehouse._sql_dialects import NotExpressible, in_dialect, parser_of

ASKED = warehouse.Asked(KNOWN, CUTOFF)


def tenuto(*words):
    return CliRunner().invoke(build_program(), [str(word) for word in words])


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return written(tmp_path_factory.mktemp("sql"))


@pytest.fixture(scope="module")
def engine():
    with duckdb_of_its_own() as engine:
        yield engine


def answers(files, what, name) -> pa.Table:
    """What plain DuckDB answers to the printed query."""
    (statement,) = warehouse.statements(what, "duckdb", files.asked(), name)
    with files.plain() as connection:
        return connection.execute(statement.sql).to_arrow_table()


# The same rows.


@pytest.mark.parametrize("name", rollups.CATALOGUE.names())
def test_the_sql_of_a_rollup_gives_the_sums_of_the_day_before_the_cutoff(engine, files, name):
    day = read_day(engine, files.lake, YESTERDAY, KNOWN)
    member = rollups.CATALOGUE.get(name)
    built = engine.to_arrow(member.build(day))
    assert built.num_rows
    assert_same_rows(answers(files, "rollups", name), built, list(member.KEY))


@pytest.fixture(scope="module")
def built_features(engine, files):
    past = files.timeline.past(engine, CUTOFF)
    built = build_features(past, listeners(past))
    return built.features, engine.to_arrow(built.table)


@pytest.mark.parametrize("family", FAMILIES.names())
def test_the_sql_of_a_family_gives_its_features(files, built_features, family):
    features, table = built_features
    names = [feature.name for feature in features if feature.family == family]
    assert_same_rows(
        answers(files, "features", family), table.select(["user_id", *names]), ["user_id"]
    )


def test_the_sql_of_listeners_gives_who_is_there(engine, files):
    past = files.timeline.past(engine, CUTOFF)
    expected = engine.to_arrow(listeners(past))
    assert_same_rows(answers(files, "features", "listeners"), expected, ["user_id"])


def label_built(engine, files, member):
    timeline = files.timeline
    if hasattr(member, "BINS"):
        past = timeline.own_past(engine, CUTOFF, bin_days=14)
        future = timeline.own_future(past, member.BINS)
    else:
        past = timeline.past(engine, CUTOFF)
        future = timeline.future(engine, CUTOFF, 14)
    who = listeners(past)
    who = who.filter(member.at_risk(who)) if hasattr(member, "at_risk") else who
    return engine.to_arrow(member.label(who, future))


@pytest.mark.parametrize("name", labels.CATALOGUE.names())
def test_the_sql_of_a_label_says_what_came_after(engine, files, name):
    expected = label_built(engine, files, labels.CATALOGUE.get(name))
    assert_same_rows(answers(files, "labels", name), expected, ["user_id"])


def test_somebody_cancels_and_somebody_stays(files):
    found = answers(files, "labels", "cancellation")["label"].to_pylist()
    assert 0 < sum(found) < len(found)


# Every dialect.


#: All rollups, families and labels can be said in these.
WHOLE = (
    *("athena", "bigquery", "clickhouse", "databricks", "datafusion", "duckdb"),
    *("materialize", "postgres", "risingwave", "snowflake", "trino"),
)


@pytest.mark.parametrize("dialect", [*WHOLE, "mysql", "sqlite"])
def test_one_definition_of_each_kind_is_sql_of_the_dialect(dialect):
    for what, name in (
        ("rollups", "item_days"),
        ("features", "activity"),
        ("labels", "inactivity"),
    ):
        (found,) = warehouse.statements(what, dialect, ASKED, name)
        if found.sql is None:
            assert dialect == "mysql"
            assert "not in mysql: " in found.as_text()
        else:
            assert sqlglot.parse_one(found.sql, read=parser_of(dialect))


@pytest.fixture(scope="module")
def expressions():
    """Every definition, once for all dialects."""
    known = [each for what in KINDS for each in definitions(what, ASKED)]
    return {f"{each.name} {at}": each.make(ASKED) for at, each in enumerate(known)}


@pytest.mark.slow
@pytest.mark.parametrize("dialect", warehouse.DIALECTS)
def test_every_definition_is_sql_of_the_dialect_or_says_why_not(expressions, dialect):
    if dialect == "pyspark":
        pytest.importorskip("pyspark", reason="its compiler comes with the package")
    queries = [said_in(dialect, each) for each in expressions.values()]
    known = [query for query in queries if query is not None]
    assert known
    assert len(known) == len(queries) or dialect not in WHOLE
    for query in known:
        assert sqlglot.parse_one(query, read=parser_of(dialect))


def said_in(dialect, expression):
    """The query, or None where the dialect has no words for it."""
    try:
        return in_dialect(expression, dialect)
    except NotExpressible:
        return None


def test_a_dialect_without_the_words_leaves_the_others_alone_and_the_status_is_2():
    shown = tenuto("sql", "rollups", "--dialect", "mysql", "--cutoff", CUTOFF)
    assert shown.exit_code == 2
    assert "-- not in mysql: " in shown.stdout
    assert "mysql cannot say 1 of 12: user_days" in shown.stderr
    assert shown.stdout.count("SELECT") >= 11


# What is asked.


def test_a_source_that_knows_less_has_fewer_columns_and_says_what_it_lacks():
    asked = warehouse.Asked(musicbox, CUTOFF)
    found = {each.name: each for each in warehouse.statements("rollups", "duckdb", asked)}
    assert found["user_day_sessions"].sql is None
    assert "it does not tell session_id" in found["user_day_sessions"].why
    assert "n_dislikes" not in found["user_days"].sql
    assert not any(each.is_inexpressible for each in found.values())


def test_the_tables_can_be_in_a_schema_of_their_own():
    asked = warehouse.asked_of_source(None, CUTOFF, "music")
    (found,) = warehouse.statements("features", "bigquery", asked, "activity")
    assert "`music`.`user_days`" in found.sql


def test_a_cutoff_is_in_the_query_and_no_later_day_is_asked_for():
    (found,) = warehouse.statements("features", "postgres", ASKED, "recency")
    assert '"t0"."day" < MAKE_DATE(2017, 4, 29)' in found.sql


def test_ids_of_text_are_compared_as_text():
    asked = warehouse.Asked(warehouse.Knowledge(USER_ID="string", ITEM_ID="string"), CUTOFF)
    (found,) = warehouse.statements("rollups", "duckdb", asked, "user_days")
    assert 'AS BIGINT) AS "user_id"' not in found.sql
    (found,) = warehouse.statements("labels", "duckdb", asked, "cancellation")
    assert found.sql


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rollup",), "no definitions of 'rollup'. There are: rollups, features, labels."),
        (("rollups", "user_day"), "Did you mean 'user_days'?"),
        (("rollups", "--dialect", "sybase"), "no dialect 'sybase'. There are: athena"),
        (("rollups", "--dialect", "DuckDB"), "Did you mean 'duckdb'?"),
        (("rollups", "--schema", ""), "--schema is empty"),
        (("rollups", "--source", "musicbox", "--workspace", "w"), "--source or --workspace"),
        (("rollups", "--cutoff", "yesterday"), "'yesterday' is not a date"),
        (("rollups", "--source", "mapped"), "name a workspace"),
    ],
)
def test_what_there_is_not_is_the_users_mistake(words, said):
    shown = tenuto("sql", *words)
    assert shown.exit_code == 2
    assert said in shown.stderr


def test_mistakes_have_names():
    with pytest.raises(UnknownName):
        warehouse.statements("rollups", "duckdb", ASKED, "none")
    with pytest.raises(CutoffError):
        warehouse.asked_of_source(None, "2017-13-01")
    with pytest.raises(SettingsError):
        warehouse.asked_of_source("mapped", CUTOFF)


def test_programs_get_a_list_with_the_reasons():
    shown = tenuto("sql", "labels", "inactivity", "--cutoff", CUTOFF, "--json")
    (found,) = json.loads(shown.stdout)
    assert found["name"] == "inactivity"
    assert found["sql"].startswith(("SELECT", "WITH"))
    assert found["is_inexpressible"] is False
