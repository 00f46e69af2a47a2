"""A Spark session: in this process, on a cluster, or behind a Spark Connect server."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tenuto.errors import EngineError

_CONNECT = "sc://"
_CONNECT_PORT = 15002
_SECONDS_TO_ANSWER = 10
# What pyspark says where it can start no Java.
_NO_JAVA = "JAVA_GATEWAY_EXITED"
# Where this process has its session, so that a model need not know.
_last: dict[str, str] = {}

#: How definitions are computed: the same wherever they are.
_MEANING = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    # A field beyond the end of a short line is NULL, as on DuckDB, and not a failure.
    "spark.sql.ansi.enabled": "false",
    # Parquet's own microseconds; Spark's default is a type that was never standardised.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}


def open_session(
    url: str, memory: str, scratch: Path | None, options: Mapping[str, str], n_threads: int
) -> Any:
    """The session on ``url``; one that this process has already is used again.

    Without ``url`` it is wherever the last one was, or on ``n_threads`` of this process.

    Raises
    ------
    EngineError : if pyspark is not installed, nobody answers at ``url``, or this process has a
        session somewhere else
    """
    builder = _builder()
    url = url or _last.get("url", f"local[{n_threads}]")
    _refuse_silence(url)
    is_remote = url.startswith(_CONNECT)
    settings = dict(options)
    if is_remote:
        # How large a server is was said when it started.
        settings = {name: settings[name] for name in settings if name.startswith("spark.sql.")}
    else:
        settings = _launch(url, memory, scratch, n_threads) | settings
    # Python functions run where the packages are, not in whatever `python3` is on the path;
    # PySpark asks the environment alone. On a cluster its own setting stands.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = builder.appName("tenuto")
    builder = builder.remote(url) if is_remote else builder.master(url)
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = _got(builder, url)
    for name, value in _MEANING.items():
        session.conf.set(name, value)
    if scratch is not None and not is_remote:
        # Else what ALS has learned so far keeps the whole way that led there, and executors run
        # out of stack when they read it.
        session.sparkContext.setCheckpointDir(str(scratch / "checkpoints"))
    _last["url"] = url
    return session


def _builder() -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError as missing:
        raise EngineError(
            "the Spark engine needs pyspark, which is not installed",
            mend="pip install 'tenuto[spark]' (and Java 17)",
        ) from missing
    return SparkSession.builder


def _launch(url: str, memory: str, scratch: Path | None, n_threads: int) -> dict[str, str]:
    """What has to be said before Spark starts; a Connect server has started already."""
    found = {
        # Java has no space in a size, and one letter for its unit.
        "spark.driver.memory": memory.lower().replace(" ", "").rstrip("ib"),
        "spark.ui.enabled": "false",
        # What Spark would say of every stage is no news to whoever runs `tenuto`.
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    if url.startswith("local"):
        found["spark.sql.shuffle.partitions"] = str(max(2, n_threads))
    if scratch is not None:
        found["spark.local.dir"] = str(scratch)
        found["spark.sql.warehouse.dir"] = str(scratch / "warehouse")
    return found


def _got(builder: Any, url: str) -> Any:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        session = builder.getOrCreate()
    except (PySparkException, Py4JError, OSError) as failure:
        said = str(failure).strip().partition("\n")[0].replace(url, _shown(url))
        mend = "see docs/how-to/use-spark; one process talks to one Spark only"
        if _NO_JAVA in said:
            mend = "install Java 17 or 21, or set JAVA_HOME to it; `tenuto doctor` looks for it"
        raise EngineError(
            f"cannot open a Spark session on {_shown(url)}: {said}", mend=mend
        ) from failure
    if not url.startswith(_CONNECT):
        _refuse_elsewhere(session.sparkContext.master, url)
    return session


def _refuse_elsewhere(here: str, url: str) -> None:
    """A process has one Spark; how many threads it has here is no matter."""
    if here != url and not (here.startswith("local") and url.startswith("local")):
        raise EngineError(
            f"this process has a Spark session on {here}, not on {_shown(url)}",
            mend="use another process, or stop that session first",
        )


def _shown(url: str) -> str:
    """``url`` without the token that a Connect server may want."""
    return re.sub(r"(?i)(token=)[^;&]*", r"\1***", url)


def _refuse_silence(url: str) -> None:
    """Spark itself would try for minutes."""
    addresses = list(_addresses(url))
    if addresses and not any(_answers(*address) for address in addresses):
        raise EngineError(
            f"nobody answers at {_shown(url)}",
            mend="check the address, and that the master or the Connect server is running",
        )


def _addresses(url: str) -> Iterator[tuple[str, int]]:
    """Hosts and ports in ``url``; several masters are joined by commas."""
    scheme, _, rest = url.partition("://")
    if scheme not in ("spark", "sc"):
        return
    for place in rest.partition("/")[0].split(","):
        host, _, port = place.rpartition(":") if ":" in place else (place, "", str(_CONNECT_PORT))
        yield host, int(port)


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=_SECONDS_TO_ANSWER).close()
    except OSError:
        return False
    return True
