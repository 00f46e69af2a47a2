"""Any line and any file: no traceback, and lines read are lines kept and lines set aside.

The slow tests take 100,000 mutated lines of every source, and as many files of each kind as the
environment says in TENUTO_FUZZ_FILES; the others take a few, so that a mistake is seen soon. The
same seed gives the same accidents.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from mutants import CSV_HEADER, SOUND, mutated_files, mutated_lines, packings, parquet
from tenuto.errors import TenutoError
from tenuto.ingest import Ledger, ingest
from tenuto.rollups import build_rollups
from tenuto.sources import LineReader, find, mapped
from tenuto.workspace import Workspace

FEW = 400
MANY = 100_000
#: A file takes longer than a line; 100,000 of each kind, eight minutes, were read like the others.
MANY_FILES = int(os.environ.get("TENUTO_FUZZ_FILES", "10000"))
MAPPING = {"user_id": "user", "timestamp": "when", "item_id": "song", "played": "seconds"}
#: Source -> the kinds of its lines.
KINDS = {
    "musicbox": ("play", "down", "search"),
    "sparkify": ("sparkify",),
    "csv": ("csv",),
    "jsonl": ("jsonl",),
}
NAMES = {"sparkify": "events.json", "csv": "plays.csv", "jsonl": "plays.jsonl"}


def written(folder: Path, source: str, count: int, seed: int) -> Workspace:
    """A workspace over mutated lines of every kind of ``source``, after some sound ones."""
    rng, logs = np.random.default_rng(seed), folder / "logs"
    logs.mkdir()
    for kind in KINDS[source]:
        head = CSV_HEADER + "\n" if source == "csv" else ""
        # A source looks at the first rows before it reads the others.
        sound = "".join(f"{line}\n" for line in SOUND[kind] * 30)
        lines = mutated_lines(kind, count // len(KINDS[source]) + 1, rng)
        name = NAMES.get(source, f"20170330_3_{kind}.log")
        (logs / name).write_bytes((head + sound).encode() + lines)
    keys = "\n".join(f'{key} = "{column}"' for key, column in MAPPING.items())
    is_mapped = source in ("csv", "jsonl")
    made = Workspace.create(
        folder / "workspace",
        source="mapped" if is_mapped else source,
        logs=logs,
        mapping=f"[source.mapping]\n{keys}" if is_mapped else "",
    )
    made.settings.engine.threads = 1
    return made


def every_line_is_accounted_for(workspace: Workspace) -> None:
    summary = ingest(workspace)
    build_rollups(workspace)
    files = Ledger(workspace.audit / "ledger").files()
    assert (files["read"] == files["kept"] + files["absorbed"] + files["set_aside"]).all()
    assert 0 < summary.n_kept < summary.n_lines
    assert summary.n_lines == summary.n_kept + summary.n_absorbed + summary.n_set_aside


@pytest.mark.parametrize("source", KINDS)
def test_a_few_mutated_lines_are_kept_or_set_aside(tmp_path, source):
    every_line_is_accounted_for(written(tmp_path, source, FEW, seed=0))


@pytest.mark.slow
@pytest.mark.parametrize("source", KINDS)
def test_a_hundred_thousand_mutated_lines_are_kept_or_set_aside(tmp_path, source):
    every_line_is_accounted_for(written(tmp_path, source, MANY, seed=1))


def reads_any(path: Path, contents) -> int:
    """How many of ``contents`` were read, whole or up to their damage; the others are refused."""
    source, n_read, without_mend = mapped.configured(MAPPING), 0, 0
    for content in contents:
        path.write_bytes(content)
        try:
            if path.suffix == ".parquet":
                for file in find(source, path)[0]:
                    list(source.reader(file.path))
            else:
                list(LineReader(path))
            n_read += 1
        except TenutoError as refusal:
            without_mend += not refusal.mend
    assert without_mend == 0
    return n_read


def whole(kind: str) -> dict[str, bytes]:
    if kind == "parquet":
        return {"parquet": parquet()}
    return packings("".join(f"{line}\n" for line in SOUND["play"] * 3).encode())


@pytest.mark.parametrize("kind", ["packed", "parquet"])
def test_a_few_mutated_files_are_read_up_to_their_damage_or_refused(tmp_path, kind):
    contents = mutated_files(whole(kind), FEW, np.random.default_rng(0))
    assert reads_any(tmp_path / f"plays.{kind}", contents) > FEW / 10


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["packed", "parquet"])
def test_many_mutated_files_are_read_up_to_their_damage_or_refused(tmp_path, kind):
    contents = mutated_files(whole(kind), MANY_FILES, np.random.default_rng(1))
    assert reads_any(tmp_path / f"plays.{kind}", contents) > MANY_FILES / 10
