"""Tables in a database as logs: what is read, when it is read again, and what stays secret."""

import sqlite3
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import duckdb
import pytest

from conftest import events_of
from mapped_logs import ingested
from tenuto.errors import SettingsError, SourceError
from tenuto.ingest import ingest
from tenuto.sources import find, mapped
from tenuto.sources._mapped.tables import address_of


def database(path, *rows):
    with duckdb.connect(path) as connection:
        connection.execute(
            "CREATE OR REPLACE TABLE plays (who BIGINT, heard TIMESTAMP, song VARCHAR, s DOUBLE)"
        )
        connection.executemany("INSERT INTO plays VALUES (?, ?, ?, ?)", rows)
    return f"duckdb://{path}?table=plays"


OF_TABLE = {
    "user_id": "who",
    "user_id_type": "int64",
    "timestamp": "heard",
    "item_id": "song",
    "played": "s",
    "time_zone": "Europe/Berlin",
}


def test_a_table_of_a_database_is_a_log(tmp_path):
    url = database(
        tmp_path / "a.duckdb",
        (2, datetime(2024, 3, 31, 12), "y", 12.5),
        (1, datetime(2024, 3, 30, 12), "x", None),
    )
    workspace, summary = ingested(tmp_path, url, OF_TABLE)
    assert (summary.n_lines, summary.n_kept) == (2, 2)
    first, second = events_of(workspace).itertuples()
    assert (first.user_id, first.timestamp) == (1, datetime(2024, 3, 30, 11))
    assert (second.user_id, second.timestamp) == (2, datetime(2024, 3, 31, 10))
    assert (first.source_file, first.source_line) == ("plays", 1)


def test_a_table_is_read_again_when_it_has_grown_and_only_then(tmp_path):
    rows = [(1, datetime(2024, 3, 30, 12), "x", 1.0)]
    url = database(tmp_path / "a.duckdb", *rows)
    workspace, _ = ingested(tmp_path, url, OF_TABLE)
    assert ingest(workspace).n_files_read == 0
    database(tmp_path / "a.duckdb", *rows, (2, datetime(2024, 4, 30, 12), "x", 1.0))
    again = ingest(workspace)
    assert (again.n_files_read, again.n_kept) == (1, 2)


def test_a_column_that_a_table_lacks_is_named_with_those_that_are_there(tmp_path):
    url = database(tmp_path / "a.duckdb", (1, datetime(2024, 3, 30, 12), "x", 1.0))
    with pytest.raises(SettingsError) as found:
        find(mapped.configured({**OF_TABLE, "played": "secs"}), url)
    assert found.value.message == (
        "tenuto.toml: source.mapping.played: no column 'secs' in table 'plays'. "
        "There are: who, heard, song, s."
    )


def test_sqlite_goes_the_same_way(tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE plays (user TEXT, at_ms INTEGER)")
        connection.execute("INSERT INTO plays VALUES ('ann', 1711800005000)")
    connection.close()
    section = {"user_id": "user", "timestamp": "at_ms", "time_unit": "ms"}
    workspace, _ = ingested(tmp_path, f"sqlite://{tmp_path}/a.db?table=plays", section)
    assert events_of(workspace)["timestamp"].tolist() == [datetime(2024, 3, 30, 12, 0, 5)]


def test_a_password_stands_in_no_message_and_in_no_result(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "hunter2")
    url = database(tmp_path / "hunter2.duckdb", (1, datetime(2024, 3, 30, 12), "x", 1.0))
    workspace, _ = ingested(tmp_path, url.replace("hunter2", "$SECRET"), OF_TABLE)
    for file in Path(workspace.root).rglob("*"):
        assert not file.is_file() or b"hunter2" not in file.read_bytes()
    with pytest.raises(SourceError) as found:
        find(mapped.configured(OF_TABLE), "nosuch://me:$SECRET@example.org/db?table=plays")
    assert "hunter2" not in str(found.value)


@pytest.mark.parametrize(
    "url", ["postgres://me:hunter2@db/x?table=plays", "snowflake://db/x?table=plays&token=hunter2"]
)
def test_a_password_that_stands_in_the_url_is_refused(url):
    with pytest.raises(SettingsError, match="shows a password") as found:
        find(mapped.configured(OF_TABLE), url)
    assert "hunter2" not in str(found.value)
    assert "$DB_PASSWORD" in found.value.mend


def test_a_variable_that_is_not_set_is_named(monkeypatch):
    monkeypatch.delenv("NO_SUCH", raising=False)
    with pytest.raises(SettingsError, match="the variable NO_SUCH is not set"):
        find(mapped.configured(OF_TABLE), "postgres://me:$NO_SUCH@db/x?table=plays")


def test_a_password_may_hold_what_has_a_meaning_in_a_url(monkeypatch):
    monkeypatch.setenv("SECRET", "p@ss/w:rd")
    address = address_of("postgres://me:$SECRET@db:5432/x?table=plays&database=public")
    parts = urlsplit(address.url)
    assert (unquote(parts.password), parts.hostname, parts.path) == ("p@ss/w:rd", "db", "/x")
    assert (address.table, address.database) == ("plays", "public")


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (("?table=plays", ""), SettingsError, "does not say which table"),
        (("=plays", "=plas"), SourceError, "no table 'plas' in that duckdb database. There are"),
        (("a.duckdb", "b.duckdb"), SourceError, "no connection to duckdb for table 'plays'"),
    ],
)
def test_a_table_that_is_not_there_is_one_clear_error(tmp_path, change, error, said):
    url = database(tmp_path / "a.duckdb", (1, datetime(2024, 3, 30, 12), "x", 1.0))
    with pytest.raises(error) as found:
        find(mapped.configured(OF_TABLE), url.replace(*change))
    assert said in found.value.message
    assert found.value.mend
