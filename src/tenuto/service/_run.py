"""Runs the server: binds the port, prints where it is, answers until it is told to stop.

A stop (SIGTERM, Ctrl-C) lets what is being answered come to an end first, for at most
`GRACE_S` seconds. Several workers are several processes behind one port.
"""

from __future__ import annotations

import gc
import ipaddress
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from tenuto import memory
from tenuto.errors import SettingsError
from tenuto.service._app import LOOPBACK, build_app
from tenuto.service._limits import Limits
from tenuto.service._metrics import SHARED
from tenuto.service._tokens import TokenBook
from tenuto.serving import Answers
from tenuto.workspace import Workspace

GRACE_S = 10
_KEEP_ALIVE_S = 15
_BACKLOG = 2048
_FOR_WORKERS = "TENUTO_SERVER"
_EVERY_ADDRESS = ("", "0.0.0.0", "::")


@dataclass(frozen=True)
class Server:
    """How a workspace is served.

    hosts : names under which it is reached, beside those of this machine
    is_open : nobody needs a token; for loopback alone
    """

    root: str
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    hosts: tuple[str, ...] = ()
    is_open: bool = False
    with_pages: bool = True
    limits: Limits = field(default_factory=Limits)
    session_key: str = ""

    def check(self) -> None:
        """Refuse what would let anybody in.

        Raises
        ------
        SettingsError : if others could reach a server without tokens, or under any name
        """
        if is_loopback(self.host):
            return
        make = f"tenuto token create {self.root} --role read"
        if self.is_open:
            raise SettingsError(
                f"without tokens, {self.host} would let in whoever reaches this machine",
                mend=f"leave out --host, or leave out --open and make tokens: {make}",
            )
        if not TokenBook(self.root).all():
            raise SettingsError(f"nobody has a token to come in from {self.host}", mend=make)
        if self.host in _EVERY_ADDRESS and not self.hosts:
            raise SettingsError(
                "under which names may the server be reached from outside?",
                mend="name them: --allow-host music.example.org, once for each",
            )


def serve(server: Server, tell: Callable[[str], Any]) -> None:
    """Answer until the process is told to stop; ``tell`` is called once with the address.

    Raises
    ------
    SettingsError : if the server would not be safe, or the port is taken
    WorkspaceError : if nothing was published
    """
    server.check()
    server = replace(server, session_key=secrets.token_hex(32))
    if server.workers == 1:
        app = app_of(server)
        listening = _listen(server)
        tell(_address(server, listening))
        uvicorn.Server(_config(app)).run(sockets=[listening])
        return
    # Whether there is something to answer from is seen here, not in each worker.
    Answers.open(Workspace(server.root)).close()
    listening = _listen(server)
    tell(_address(server, listening))
    with _written_for_workers(server):
        config = _config("tenuto.service._run:app_of_worker", server.workers)
        Multiprocess(config, [listening]).run()


def app_of(server: Server) -> Any:
    """The application of ``server``."""
    memory.large_arrays_apart()
    workspace = Workspace(server.root)
    app = build_app(
        workspace,
        Answers.open(workspace),
        None if server.is_open else TokenBook(workspace.root),
        limits=_shared_out(server.limits, server.workers),
        hosts=(*LOOPBACK, server.host, *server.hosts),
        session_key=bytes.fromhex(server.session_key) or None,
        with_pages=server.with_pages,
    )
    # What is there now stays: looking through it for garbage, a tenth of a second each time,
    # would make everybody wait who asks meanwhile.
    gc.collect()
    gc.freeze()
    return app


def app_of_worker() -> Any:
    """The application of one of several workers, as the first process has written it down."""
    said = json.loads(os.environ[_FOR_WORKERS])
    return app_of(Server(**said | {"limits": Limits(**said["limits"])}))


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``; a name that is not known to be so is not."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def _written_for_workers(server: Server) -> Iterator[None]:
    """What workers have to know, in the environment that they inherit."""
    with tempfile.TemporaryDirectory(prefix="tenuto-metrics-") as figures:
        os.environ |= {SHARED: figures, _FOR_WORKERS: json.dumps(asdict(server))}
        try:
            yield
        finally:
            del os.environ[SHARED], os.environ[_FOR_WORKERS]


def _listen(server: Server) -> socket.socket:
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    try:
        return socket.create_server(
            (server.host, server.port), family=family, backlog=_BACKLOG, reuse_port=False
        )
    except OSError as failure:
        raise SettingsError(
            f"cannot listen at {server.host}:{server.port}: {failure.strerror or failure}",
            mend="name another one: --port 8001, or --port 0 for any that is free",
        ) from failure


def _address(server: Server, listening: socket.socket) -> str:
    host = "localhost" if server.host in _EVERY_ADDRESS else server.host
    return f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/"


def _config(app: Any, workers: int = 1) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=workers,
        lifespan="on",
        ws="none",
        # Addresses hold ids of listeners: what is asked is counted (see _metrics), not listed.
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        # A proxy on this machine may say who asked, and whether by HTTPS.
        forwarded_allow_ips=",".join(LOOPBACK),
    )


def _shared_out(limits: Limits, workers: int) -> Limits:
    """The part of one worker: requests fall on all of them alike."""
    return replace(
        limits, requests_per_s=limits.requests_per_s / workers, burst=limits.burst / workers
    )
