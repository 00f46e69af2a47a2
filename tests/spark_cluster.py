"""A Spark standalone cluster on loopback, its parts in processes of their own, as pip brings it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import pytest

HERE = "127.0.0.1"
_SECONDS_TO_START = 120
# The jobs of a test end before a second compilation of their code would be earned back.
_QUICK_TO_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


def needs_spark() -> None:
    """Skip where Spark cannot run."""
    pytest.importorskip("pyspark", reason="Spark needs pyspark: pip install 'tenuto[spark]'")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17")


class Cluster:
    """One master and two workers of one core each; a context manager that leaves none of them."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.url = f"spark://{HERE}:{_free_port()}"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Cluster:
        host, port = self.url.removeprefix("spark://").split(":")
        place = ["--host", host, "--port", port, "--webui-port", "0"]
        self._start("master", "spark-class", "org.apache.spark.deploy.master.Master", *place)
        self._wait("the master", lambda: _answers(int(port)))
        for name in ("worker-1", "worker-2"):
            self._start_worker(name)
        self._wait("two workers", lambda: self._log("master").count("Registering worker") == 2)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for name in reversed(list(self._processes)):
            self.kill(name)

    def kill(self, name: str) -> None:
        """Kill a process and what it started, so that it can say good-bye to nobody."""
        process = self._processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def connect_server(self) -> str:
        """Start a Spark Connect server on the cluster; its address."""
        port = _free_port()
        settings = {**driver_settings(), "spark.connect.grpc.binding.port": str(port)}
        options = [f"--conf={name}={value}" for name, value in settings.items()]
        server = "org.apache.spark.sql.connect.service.SparkConnectServer"
        start = ["--master", self.url, *options, "--class", server]
        self._start("connect", "spark-submit", *start, memory="600m")
        self._wait("the Connect server", lambda: _answers(port))
        return f"sc://{HERE}:{port}"

    def executors(self) -> int:
        """How many executors the master has had started so far."""
        return self._log("master").count("Launching executor")

    def _start_worker(self, name: str) -> None:
        size = ["--cores", "1", "--memory", "700M", "--work-dir", str(self.folder / name)]
        place = ["--host", HERE, "--webui-port", "0", self.url]
        self._start(name, "spark-class", "org.apache.spark.deploy.worker.Worker", *size, *place)

    def _start(self, name: str, program: str, *arguments: str, memory: str = "256m") -> None:
        import pyspark

        home = Path(pyspark.__file__).parent
        with (self.folder / f"{name}.log").open("wb") as log:
            self._processes[name] = subprocess.Popen(
                [str(home / "bin" / program), *arguments],
                env=os.environ | _environment(home) | {"SPARK_DAEMON_MEMORY": memory},
                stdout=log,
                stderr=log,
                # A group of its own, to be killed together with its executors.
                start_new_session=True,
            )

    def _log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def _wait(self, what: str, is_there: Callable[[], bool]) -> None:
        wait_for(
            what, is_there, lambda: "\n".join(self._log(name)[-3000:] for name in self._processes)
        )


def wait_for(
    what: str,
    is_there: Callable[[], bool],
    told: Callable[[], str] = str,
    seconds: float = _SECONDS_TO_START,
) -> None:
    """Wait until something is there; fail with what was ``told`` where it does not come."""
    end = time.monotonic() + seconds
    while not is_there():
        if time.monotonic() > end:
            pytest.fail(f"{what} did not come in {seconds:.0f} s:\n{told()}")
        time.sleep(0.2)


def driver_settings() -> dict[str, str]:
    """What the program that asks a cluster of this size for its tables should say."""
    return {
        "spark.driver.host": HERE,
        "spark.driver.bindAddress": HERE,
        "spark.executor.memory": "512m",
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.ui.enabled": "false",
        "spark.driver.extraJavaOptions": _QUICK_TO_START,
        "spark.executor.extraJavaOptions": _QUICK_TO_START,
    }


def _environment(home: Path) -> dict[str, str]:
    return {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": HERE,
        # A server is not itself a client of Connect.
        "SPARK_CONNECT_MODE": "0",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_DAEMON_JAVA_OPTS": _QUICK_TO_START,
    }


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((HERE, 0))
        return int(found.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        socket.create_connection((HERE, port), timeout=1).close()
    except OSError:
        return False
    return True
