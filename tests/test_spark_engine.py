"""What the Spark engine adds to the contract of engines, and how it is asked for."""

import os
import re
import subprocess
import sys
from datetime import date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from conftest import workspace_over
from tenuto import engines
from tenuto.engines._spark_session import _addresses, _launch, _refuse_silence
from tenuto.engines._spark_writing import ROW_GROUP_ROWS, write_batches
from tenuto.errors import EngineError, SettingsError
from tenuto.events.lake import Lake
from tenuto.settings import EngineSettings
from tenuto.workspace import Workspace

MASTER = "spark://master:7077"


# How it is asked for.


@pytest.mark.parametrize(
    "url",
    [
        *("local", "local[2]", "local[*]", "spark://host:7077", "spark://a:7077,b:7077", "yarn"),
        *(
            "local[2,3]",
            "sc://host",
            "sc://host:15002",
            "sc://host:15002/;use_ssl=true",
            "k8s://https://h:443",
        ),
    ],
)
def test_an_address_of_spark_is_taken(url):
    assert EngineSettings(name="spark", url=url).url == url


@pytest.mark.slow
def test_where_there_is_no_java_it_is_asked_for(tmp_path):
    pytest.importorskip("pyspark")
    open_it = "from tenuto import engines; engines.CATALOGUE.get('spark').open()"
    nowhere = {**os.environ, "PATH": str(tmp_path), "JAVA_HOME": str(tmp_path)}

    told = subprocess.run([sys.executable, "-c", open_it], env=nowhere, capture_output=True)

    assert told.returncode != 0
    assert b"install Java 17 or 21" in told.stderr


@pytest.mark.parametrize(
    "url",
    [
        *("host:7077", "spark://host", "http://host:4040", "sc://", "local[]", "local[0]"),
        *("sc://host:99999", "spark://a:1,b:65536"),
    ],
)
def test_what_is_no_address_of_spark_is_refused_with_what_would_be(url):
    with pytest.raises(ValidationError, match="write spark://host:7077"):
        EngineSettings(name="spark", url=url)


@pytest.mark.parametrize("memory", ["512MB", "4GB", "4GiB", "4 gb", "1TB"])
def test_memory_is_a_size_with_its_unit_and_java_gets_it_in_java_s_words(memory):
    settings = EngineSettings(memory=memory)
    engines.CATALOGUE.get("duckdb").open(memory=settings.memory).close()
    words = _launch("local", settings.memory, None, 1)["spark.driver.memory"]
    assert re.fullmatch(r"\d+[mgt]", words)


@pytest.mark.parametrize("memory", ["", "lots", "4", "50%", "0GB", "-4GB", "1KB", "1.5GB", "4 GB "])
def test_what_is_no_size_is_refused_with_what_would_be(memory):
    with pytest.raises(ValidationError, match="such as 512MB or 4GB"):
        EngineSettings(memory=memory)


def test_another_engine_has_no_address_and_no_settings_of_spark():
    with pytest.raises(ValidationError, match='need name = "spark"'):
        EngineSettings(url=MASTER)
    with pytest.raises(ValidationError, match='need name = "spark"'):
        EngineSettings(spark={"spark.executor.memory": "8g"})


def test_a_setting_of_spark_is_named_as_spark_names_it():
    with pytest.raises(ValidationError, match=r"executor\.memory is no setting of Spark"):
        EngineSettings(name="spark", spark={"executor.memory": "8g"})


def test_settings_of_spark_survive_the_file(tmp_path):
    workspace = workspace_over(tmp_path / "logs", tmp_path / "workspace")
    text = workspace.settings_file.read_text("utf-8")
    text = text.replace('name = "duckdb"', 'name = "spark"').replace(
        'url = ""', f'url = "{MASTER}"'
    )
    workspace.settings_file.write_text(
        text.replace("[engine.spark]", '[engine.spark]\n"spark.cores.max" = "4"'), "utf-8"
    )
    settings = Workspace(workspace.root).settings.engine
    assert (settings.name, settings.url) == ("spark", MASTER)
    assert settings.spark == {"spark.cores.max": "4"}


def test_a_command_can_ask_for_another_engine_than_the_file(tmp_path):
    workspace = workspace_over(tmp_path / "logs", tmp_path / "workspace")
    workspace.use_engine(None, None)
    assert workspace.settings.engine.name == "duckdb"
    workspace.use_engine(None, MASTER)
    assert (workspace.settings.engine.name, workspace.settings.engine.url) == ("spark", MASTER)
    workspace.use_engine("duckdb", None)
    assert (workspace.settings.engine.name, workspace.settings.engine.url) == ("duckdb", "")
    with pytest.raises(SettingsError, match=r"--spark-url.*write spark://host:7077"):
        workspace.use_engine("spark", "master")


def test_a_variable_that_is_not_set_asks_for_no_engine(tmp_path):
    workspace = workspace_over(tmp_path / "logs", tmp_path / "workspace")
    with pytest.raises(SettingsError, match="--engine is empty"):
        workspace.use_engine("", None)
    with pytest.raises(SettingsError, match="--spark-url is empty"):
        workspace.use_engine(None, "")


def test_the_token_of_a_connect_server_is_never_shown():
    with pytest.raises(EngineError, match=r"token=\*\*\*;user_id=ann") as told:
        _refuse_silence("sc://127.0.0.1:1/;token=secret;user_id=ann")
    assert "secret" not in str(told.value)


def test_a_master_without_a_port_is_none_and_a_connect_server_has_one_of_its_own():
    assert list(_addresses("spark://a:1,b:2")) == [("a", 1), ("b", 2)]
    assert list(_addresses("sc://host")) == [("host", 15002)]
    assert list(_addresses("sc://host:7/;use_ssl=true")) == [("host", 7)]
    assert list(_addresses("local[2]")) == []


@pytest.mark.parametrize("scheme", ["spark", "sc"])
def test_where_nobody_answers_that_is_said_at_once(scheme):
    pytest.importorskip("pyspark")
    with pytest.raises(EngineError, match="nobody answers at") as error:
        engines.CATALOGUE.get("spark").open(url=f"{scheme}://127.0.0.1:1")
    assert "Connect server" in error.value.mend


# What an executor does to write a file.


def test_batches_of_any_size_become_row_groups_of_one_size(tmp_path):
    pytest.importorskip("pyspark")
    schema = pa.schema([("n", pa.int64())]).with_metadata({"a": "b"})
    n_rows = 2 * ROW_GROUP_ROWS + 7
    rows = pa.table({"n": pa.array(range(n_rows), pa.int64())})
    for size in (10_000, 200_000):
        path = tmp_path / f"{size}.parquet"
        told = [
            batch.to_pylist() for batch in write_batches(rows.to_batches(size), str(path), schema)
        ]
        assert told == [[{"n_rows": n_rows, "problem": None}]]
        file = pq.ParquetFile(path)
        sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
        assert sizes == [ROW_GROUP_ROWS, ROW_GROUP_ROWS, 7]
        assert file.read()["n"].to_pylist() == list(range(n_rows))
        assert file.metadata.metadata[b"a"] == b"b"
    assert (tmp_path / "10000.parquet").read_bytes() == (tmp_path / "200000.parquet").read_bytes()


def test_what_cannot_be_written_is_told_and_leaves_nothing(tmp_path):
    pytest.importorskip("pyspark")
    schema = pa.schema([("n", pa.int64())])
    (tmp_path / "taken" / "inside").mkdir(parents=True)
    [batch] = write_batches([], str(tmp_path / "taken"), schema)
    assert batch.to_pylist()[0]["problem"]
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


# Together with Spark.


@pytest.mark.slow
def test_plain_spark_reads_the_lake_with_its_days_and_microseconds(spark_engine, tmp_path):
    lake, clock = Lake(tmp_path), datetime(2017, 3, 30, 1, 2, 3, 456789)
    for day in (30, 31):
        rows = pa.table(
            {"day": [date(2017, 3, day)], "timestamp": pa.array([clock], pa.timestamp("us"))}
        )
        lake.put_rows("events", date(2017, 3, day), "part", "digest", rows)

    read = spark_engine.session.read.parquet(str(tmp_path / "events"))

    assert dict(read.dtypes) == {"timestamp": "timestamp_ntz", "day": "date"}
    found = [
        tuple(row) for row in read.where("day >= '2017-03-31'").select("day", "timestamp").collect()
    ]
    assert found == [(date(2017, 3, 31), clock)]


@pytest.mark.slow
def test_sorted_parts_are_written_one_after_the_other(spark_engine, tmp_path):
    rows = pa.table({"n": pa.array([n * 7919 % 5000 for n in range(5000)], pa.int64())})
    table = spark_engine.from_arrow(rows).group_by("n").agg(m=lambda t: t.count())
    path = tmp_path / "sorted.parquet"
    assert spark_engine.write_parquet(table.order_by("n"), path) == 5000
    assert pq.read_table(path)["n"].to_pylist() == list(range(5000))


@pytest.mark.slow
def test_a_table_without_rows_is_a_file_without_rows(spark_engine, tmp_path):
    table = spark_engine.from_arrow(pa.table({"n": pa.array([1], pa.int64())}))
    path = tmp_path / "none.parquet"
    assert (
        spark_engine.write_parquet(table.filter(table.n > 1).order_by("n"), path, {"a": "b"}) == 0
    )
    assert pq.read_schema(path).field("n").type == pa.int64()
    assert pq.read_metadata(path).metadata[b"a"] == b"b"


@pytest.mark.slow
def test_a_file_that_spark_cannot_write_is_one_clear_error(spark_engine, tmp_path):
    (tmp_path / "taken" / "inside").mkdir(parents=True)
    table = spark_engine.from_arrow(pa.table({"n": [1]}))
    with pytest.raises(EngineError, match="cannot write") as error:
        spark_engine.write_parquet(table, tmp_path / "taken")
    assert "executors" in error.value.mend


@pytest.mark.slow
def test_engines_of_one_process_share_a_session_and_no_table(spark_engine):
    spark_engine.from_arrow(pa.table({"n": [1]}), "mine")
    kept = spark_engine.cache(spark_engine.from_arrow(pa.table({"n": [1]})))
    other = engines.CATALOGUE.get("spark").open()
    with other:
        assert other.session is spark_engine.session
        theirs = other.cache(other.from_arrow(pa.table({"n": [2]}), "mine"))
        scratch = other.scratch
        assert other.to_arrow(theirs)["n"].to_pylist() == [2]
        assert any(scratch.iterdir())
    assert not scratch.exists()
    assert spark_engine.to_arrow(kept)["n"].to_pylist() == [1]


@pytest.mark.slow
def test_a_frame_of_spark_is_a_table_of_ours(spark_engine):
    rows = pa.table({"n": pa.array([1, 2], pa.int64())})
    assert spark_engine.frame(rows).count() == 2
    assert spark_engine.frame(spark_engine.from_arrow(rows)).count() == 2
    assert spark_engine.ml.classification.LogisticRegression
    assert spark_engine.ml.recommendation.ALS
