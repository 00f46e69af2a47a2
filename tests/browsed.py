"""A real server with real answers for tests in a browser; the rest of the run is made by hand."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

import saved_results
import saved_retention
from paged import PATIENT
from published import finished_run
from saved_monitoring import with_monitoring
from saved_results import CUTOFF
from tenuto import serving
from tenuto.record import write_json
from tenuto.service._app import build_app
from tenuto.service._tokens import TokenBook
from tenuto.workspace import Workspace


def browsable(engine: Any, folder: Path) -> Workspace:
    """A workspace whose lists and answers are real, with everything that a page may show."""
    workspace = finished_run(engine, folder / "real")
    serving.publish(workspace)
    run = workspace.run_folder(CUTOFF)
    saved = saved_results.saved_workspace(folder / "saved" / "w")
    shutil.copytree(saved.audit, workspace.audit, dirs_exist_ok=True)
    for part in ("data", "churn"):
        shutil.copytree(saved.run_folder(CUTOFF) / part, run / part, dirs_exist_ok=True)
    shutil.copy(saved.run_folder(CUTOFF) / "run.json", run / "run.json")
    tested = saved_retention.saved_run(folder / "tested") / "churn" / "test_scores.parquet"
    shutil.copy(tested, run / "churn" / "test_scores.parquet")
    write_json(run / "retention" / "summary.json", {"skipped": "planned by hand"})
    with_monitoring(workspace)
    return workspace


@contextmanager
def served_at(workspace: Workspace, *, with_tokens: bool) -> Iterator[str]:
    """The address of a server on a free port, which ends with the block."""
    tokens = TokenBook(workspace.root) if with_tokens else None
    app = build_app(workspace, serving.Answers.open(workspace), tokens, limits=PATIENT)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)
