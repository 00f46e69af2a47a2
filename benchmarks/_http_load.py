"""Asking a server as fast as it answers, with next to no processor time of one's own.

A client library takes longer for a request than the server: here requests are ready-made bytes,
and of an answer only the status and the length are read.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Load:
    """What came of it: seconds of each answer, and statuses that were not wanted."""

    name: str
    waits_s: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    elapsed_s: float = 0.0

    def row(self) -> dict[str, object]:
        """For a table."""
        waits = np.array(self.waits_s or [np.nan]) * 1000
        return {
            "what": self.name,
            "answers": len(self.waits_s),
            "answers/s": len(self.waits_s) / max(self.elapsed_s, 1e-9),
            "median, ms": float(np.percentile(waits, 50)),
            "p99, ms": float(np.percentile(waits, 99)),
            "slowest, ms": float(waits.max()),
            "failures": len(self.failures),
        }


class Line:
    """One connection that is kept open."""

    def __init__(self, host: str, port: int):
        self._socket = socket.create_connection((host, port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body."""
        self._socket.sendall(request)
        while (end := self._rest.find(b"\r\n\r\n")) < 0:
            self._more()
        head, self._rest = self._rest[:end].lower(), self._rest[end + 4 :]
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        while len(self._rest) < length:
            self._more()
        body, self._rest = self._rest[:length], self._rest[length:]
        return int(head[9:12]), body

    def close(self) -> None:
        self._socket.close()

    def _more(self) -> None:
        read = self._socket.recv(1 << 16)
        if not read:
            raise ConnectionError("the server hung up")
        self._rest += read


def request(
    method: str, path: str, token: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> bytes:
    """A whole request of HTTP/1.1."""
    said = {"Host": "localhost", "Authorization": f"Bearer {token}", **(headers or {})}
    if body:
        said |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def loaded(
    name: str,
    port: int,
    seconds: float,
    n_lines: int,
    asked: Callable[[int], Iterator[tuple[bytes, Callable[[int, bytes], str]]]],
) -> Load:
    """Ask on ``n_lines`` connections at once, each as soon as it was answered.

    Parameters
    ----------
    asked : number of the line -> requests, and what is wrong with an answer ("" if nothing is)
    """
    load, end = Load(name), time.monotonic() + seconds

    def speak(number: int) -> None:
        line = Line("127.0.0.1", port)
        for sent, wrong in asked(number):
            if time.monotonic() > end:
                break
            began = time.perf_counter()
            try:
                status, body = line.ask(sent)
            except OSError as failure:
                load.failures.append(str(failure))
                line = Line("127.0.0.1", port)
                continue
            load.waits_s.append(time.perf_counter() - began)
            if problem := wrong(status, body):
                load.failures.append(problem)
        line.close()

    began = time.perf_counter()
    threads = [threading.Thread(target=speak, args=(number,)) for number in range(n_lines)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.elapsed_s = time.perf_counter() - began
    return load
