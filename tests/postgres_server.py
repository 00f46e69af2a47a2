"""A real PostgreSQL on loopback, of its own, for tests: made empty, stopped and removed after."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: With signs that an address has to escape.
PASSWORD = "s3cr:t/@?"
ESCAPED = "s3cr%3At%2F%40%3F"


def why_not() -> str | None:
    """Why no server can be started here; None where one can."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed"
    if _program("initdb") is None:
        return "there is no PostgreSQL server on this machine"
    if os.getuid() == 0 and _other_user() is None:
        return "PostgreSQL does not run as root, and there is no user to run it as"
    return None


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of an empty database, with the password in it."""
    # Not below pytest's folder: that is for its user alone, and the server may be another.
    folder = Path(tempfile.mkdtemp(prefix="tenuto-postgres-"))
    try:
        _own(folder)
        password = folder / "password"
        password.write_text(PASSWORD + "\n", "utf-8")
        _own(password)
        data, port = folder / "data", _free_port()
        named = ("-U", "tenuto", "-A", "scram-sha-256", "--pwfile", password)
        _run("initdb", "-D", data, *named, "-E", "UTF8", "--locale=C")
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"
        _run("pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")
        try:
            yield f"postgres://tenuto:{ESCAPED}@127.0.0.1:{port}/postgres"
        finally:
            _run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: str, *words: object) -> None:
    as_user = [] if os.getuid() else ["setpriv", *_ids(), "--clear-groups", "--"]
    command = [*as_user, str(_program(program)), *map(str, words)]
    # Not captured: a pipe would stay open as long as the server runs.
    subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, timeout=120)


def _program(name: str) -> str | None:
    there = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))
    return there[-1] if there else shutil.which(name)


def _other_user() -> pwd.struct_passwd | None:
    known = {user.pw_name: user for user in pwd.getpwall()}
    return known.get("postgres") or known.get("nobody")


def _ids() -> list[str]:
    user = _other_user()
    assert user is not None, "asked before"
    return [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}"]


def _own(path: Path) -> None:
    user = _other_user()
    if os.getuid() == 0 and user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
