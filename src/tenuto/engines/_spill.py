"""Where a DuckDB lays aside what does not fit into memory: a folder of its own.

Two databases that share one write into each other's files: with two of them at work on 68 million
events in 2 GB each, the process ended in a segmentation fault.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import sys
from pathlib import Path

_NUMBERS = itertools.count()
_OWNER = re.compile(r"duckdb-(\d+)-\d+")


def spill_folder(scratch: Path) -> Path:
    """A folder below ``scratch`` for one database, which makes it where it needs it.

    Those that processes of this machine left when they were killed are removed.
    """
    for folder in scratch.glob("duckdb-*"):
        owner = _OWNER.fullmatch(folder.name)
        if owner is not None and not _is_running(int(owner[1])):
            shutil.rmtree(folder, ignore_errors=True)
    scratch.mkdir(parents=True, exist_ok=True)
    return scratch / f"duckdb-{os.getpid()}-{next(_NUMBERS)}"


def _is_running(process: int) -> bool:
    if sys.platform == "win32":  # where this signal would end it; nobody knows, so it stays
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True
