"""How fast a server answers, and whether it loses anything: lists, fold-in, and all of it mixed.

    python benchmarks/serving.py --listeners 100000 --songs 50000 --mixed-s 600

One service of made listeners, published, and `tenuto serve` on this machine, asked by this process:

    lists from the snapshot      goals: 1,000 a second, p99 20 ms
    lists with fold-in           goals: 200 a second, p99 50 ms; each is of a listener who has
                                 said something and not asked since, so none was made before
    mixed                        reads and feedback, with a publish every minute: goals: no failure,
                                 every acknowledged word in the journal, memory flat

The server's processor time is in the table: on a busy machine it says more than the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from _benchmark_page import PAGE, RESULTS, write_page
from _http_load import Line, Load, loaded, request
from _served_service import another_run, made_service
from _timing import rows_table, write_rows

from tenuto import serving
from tenuto.preferences._journal import Journal
from tenuto.service._tokens import TokenBook
from tenuto.workspace import Workspace

API = "/api/v1"
TENUTO = str(Path(sys.executable).with_name("tenuto"))
WORDS = ("like", "dislike", "play")
PUBLISH_EVERY_S = 60.0
WATCH_EVERY_S = 1.0
#: More than any machine of two cores answers: nobody has to ask twice.
MOST_FRESH_PER_S = 800


@dataclass
class Served:
    """A running server; ``acknowledged`` are the receipts that were given."""

    workspace: Workspace
    process: subprocess.Popen
    port: int
    token: str
    n_listeners: int
    n_songs: int

    def processor_s(self) -> float:
        """What the server has worked so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """What it holds of its own; pages of files that are mapped are the system's."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("RssAnon:")[2].split()[0]) / 1000


@dataclass
class Memory:
    """The most that was held in each minute, the last of which may be short."""

    began: float = field(default_factory=time.monotonic)
    most_by_minute: list[int] = field(default_factory=lambda: [0])

    def note(self, megabytes: float) -> None:
        """What is held now."""
        minute = int((time.monotonic() - self.began) / 60)
        self.most_by_minute += [0] * (minute + 1 - len(self.most_by_minute))
        self.most_by_minute[minute] = max(self.most_by_minute[minute], round(megabytes))


def main(arguments: list[str] | None = None) -> None:
    """Parse, make the service, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("benchmarks/scratch/serving"))
    parser.add_argument("--listeners", type=int, default=100_000)
    parser.add_argument("--songs", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--mixed-s", type=float, default=600.0)
    parser.add_argument("--lines", type=int, default=4)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    workspace = made_service(asked.folder, asked.listeners, asked.songs)
    began = time.perf_counter()
    serving.publish(workspace)
    facts: dict[str, Any] = {"listeners": asked.listeners, "songs": asked.songs}
    facts["publish_s"] = time.perf_counter() - began
    with served(workspace, asked.listeners, asked.songs) as server:
        plain = measured(server, "lists from the snapshot", asked.seconds, asked.lines, plain_lists)
        n_fresh = min(int(asked.seconds * MOST_FRESH_PER_S), asked.listeners // 2)
        waiting = spoken(server, asked.lines, n_fresh // asked.lines)
        fresh = measured(
            server,
            "lists with fold-in",
            asked.seconds,
            asked.lines,
            lambda server, line: iter(waiting[line]),
        )
        rows = [plain, fresh]
        mixed, more = mixed_load(server, asked.mixed_s, asked.lines)
    rows.append(mixed)
    facts |= more
    print(rows_table(rows))
    print(json.dumps(facts, indent=1))
    write_rows(asked.out, "serving", rows, facts)
    write_page(asked.out, asked.page)


@contextmanager
def served(workspace: Workspace, n_listeners: int, n_songs: int) -> Iterator[Served]:
    """`tenuto serve`, until the block ends."""
    _, token = TokenBook(workspace.root).create("benchmark", "feedback")
    command = [TENUTO, "serve", str(workspace.root), "--port", "0"]
    process = subprocess.Popen(
        [*command, "--rate", "1000000", "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = ""
        while not said.rstrip().endswith("}"):
            said += process.stdout.readline()
        port = int(json.loads(said)["address"].rstrip("/").rpartition(":")[2])
        yield Served(workspace, process, port, token, n_listeners, n_songs)
    finally:
        process.terminate()
        process.wait()


def measured(server: Served, name: str, seconds: float, n_lines: int, asked: Any) -> dict[str, Any]:
    """One kind of requests, and what each takes of the server's processor."""
    before = server.processor_s()
    load = loaded(name, server.port, seconds, n_lines, lambda line: asked(server, line))
    return _row(server, load, before)


def plain_lists(server: Served, line: int) -> Iterator[Any]:
    """Lists of listeners who have said nothing."""
    draw = random.Random(line)
    while True:
        # The others speak.
        user = draw.randrange(1, server.n_listeners, 2)
        kind = draw.choice(("mix", "discover", "keep"))
        path = f"{API}/listeners/{user}/recommendations?list={kind}&n=20"
        yield request("GET", path, server.token), _is_ok


def spoken(server: Served, n_lines: int, n_each: int) -> list[list[Any]]:
    """So many listeners for each line say something; for each line, the requests of their lists.

    Every listener speaks once and will ask once, so that no list has been made before.
    """
    line = Line("127.0.0.1", server.port)
    waiting: list[list[Any]] = [[] for _ in range(n_lines)]
    listeners = random.Random(0).sample(range(0, server.n_listeners, 2), n_lines * n_each)
    for number, (said, asked) in enumerate(_conversation(server, n_lines, listeners)):
        status, body = line.ask(said)
        assert status == 201, body
        waiting[number % n_lines].append((asked, _is_folded_in))
    line.close()
    return waiting


def _somebody(server: Served, line: int) -> Iterator[int]:
    draw = random.Random(1000 + line)
    while True:
        yield draw.randrange(0, server.n_listeners, 2)


def _conversation(server: Served, line: int, users: Iterable[int]) -> Iterator[tuple[bytes, bytes]]:
    draw = random.Random(2000 + line)
    for user in users:
        song = draw.randrange(server.n_songs)
        body = json.dumps({"user_id": user, "item_id": song, "word": draw.choice(WORDS)})
        path = f"{API}/listeners/{user}/recommendations?list=mix&n=20"
        yield (
            request("POST", f"{API}/feedback", server.token, body.encode()),
            request("GET", path, server.token),
        )


def mixed_load(server: Served, seconds: float, n_lines: int) -> tuple[dict[str, Any], Any]:
    """Nine reads to one word, publishing all the while, and what was lost of the words."""
    receipts: set[int] = set()
    publishes: list[float] = []
    memory, before, stop = Memory(), server.processor_s(), threading.Event()

    def watch() -> None:
        while not stop.wait(WATCH_EVERY_S):
            memory.note(server.memory_mb())

    def publish() -> None:
        while not stop.wait(min(PUBLISH_EVERY_S, seconds / 3)):
            began = time.perf_counter()
            another_run(server.workspace, len(publishes))
            # In a process of its own, as a daily run would do it.
            command = [TENUTO, "publish", str(server.workspace.root)]
            subprocess.run([*command, "--keep", "2"], check=True, stdout=subprocess.DEVNULL)
            publishes.append(time.perf_counter() - began)

    aside = [threading.Thread(target=publish), threading.Thread(target=watch)]
    for thread in aside:
        thread.start()
    load = loaded(
        "mixed", server.port, seconds, n_lines, lambda line: _mixed(server, line, receipts)
    )
    stop.set()
    for thread in aside:
        thread.join()
    journal = Journal(server.workspace.root)
    lost = sum(journal.get(number) is None for number in receipts)
    facts = {
        "words_acknowledged": len(receipts),
        "words_lost": lost,
        "publishes": len(publishes),
        "slowest_publish_s": max(publishes, default=None),
        "lines": n_lines,
        "mixed_s": seconds,
        "most_mb_by_minute": memory.most_by_minute,
        "failures": load.failures[:5],
    }
    return _row(server, load, before), facts


def _mixed(server: Served, line: int, receipts: set[int]) -> Iterator[Any]:
    def is_written(status: int, body: bytes) -> str:
        if status != 201:
            return f"{status} {body[:200]!r}"
        receipts.add(json.loads(body)["receipt_id"])
        return ""

    talk = _conversation(server, line, _somebody(server, line))
    reads = plain_lists(server, line)
    while True:
        for _ in range(8):
            yield next(reads)
        said, asked = next(talk)
        yield said, is_written
        yield asked, _is_folded_in


def _is_ok(status: int, body: bytes) -> str:
    return "" if status == 200 else f"{status} {body[:200]!r}"


def _is_folded_in(status: int, body: bytes) -> str:
    return _is_ok(status, body) or ("" if b'"fold-in"' in body else "not folded in")


def _row(server: Served, load: Load, before: float) -> dict[str, Any]:
    worked = server.processor_s() - before
    n = max(len(load.waits_s), 1)
    return {**load.row(), "server's processor, ms an answer": worked / n * 1000}


if __name__ == "__main__":
    main()
