"""What the user sees when something goes wrong: one line, the mend, and an exit status."""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from tenuto.errors import Busy, LeakError, TenutoError

#: A leak has a status of its own: a list that knows the future must not be sent to anybody.
#: So has a workspace in which somebody else is at work: trying again later is all it takes.
OURS, THE_USERS, LEAK, DRIFT, BUSY, INTERRUPTED = 1, 2, 3, 4, 5, 130

_MENDS = {
    errno.ENOSPC: "free some space, then run again: finished work is kept",
    errno.EDQUOT: "free some of your quota, then run again: finished work is kept",
    errno.EACCES: "check who may read and write there, or name another folder",
    errno.EPERM: "check who may read and write there, or name another folder",
    errno.EROFS: "name a folder on a disk that may be written",
    errno.EEXIST: "a file of that name is in the way; move it, or name another",
    errno.ENOTDIR: "a part of that path is a file; name another folder",
    errno.EMFILE: "allow more open files (ulimit -n 4096), then run again",
}


@contextmanager
def explained() -> Iterator[None]:
    """Turn what is raised inside into a message on stderr and an exit status.

    A mistake that the user can mend is told without a traceback. Ours keeps its traceback,
    which a report needs. Typer's own exceptions and a closed pipe are left to Typer.
    """
    try:
        yield
    except TenutoError as mistake:
        _exit(f"{type(mistake).__name__}: {mistake}", _status(mistake))
    except KeyboardInterrupt:
        _exit("Stopped. Finished work is kept: run the same command to go on.", INTERRUPTED)
    except MemoryError:
        _exit("Out of memory.\n  To mend: lower engine.memory in tenuto.toml", THE_USERS)
    except BrokenPipeError:
        raise
    except OSError as failure:
        mend = _MENDS.get(failure.errno or 0)
        if mend is None:
            _exit_with_traceback()
        where = f": {failure.filename}" if failure.filename else ""
        _exit(f"{failure.strerror}{where}\n  To mend: {mend}", THE_USERS)
    except Exception as failure:
        if _is_typers(failure):
            raise
        _exit_with_traceback()


def _status(mistake: TenutoError) -> int:
    if isinstance(mistake, LeakError):
        return LEAK
    return BUSY if isinstance(mistake, Busy) else THE_USERS


def _is_typers(failure: Exception) -> bool:
    """Whether Typer raised this to say how to end, or what is wrong with an option."""
    return type(failure).__module__.partition(".")[0] in ("typer", "click")


def _exit(message: str, status: int) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(status)


def _exit_with_traceback() -> NoReturn:
    traceback.print_exc(file=sys.stderr)
    _exit("This is a mistake of Tenuto's, not yours: please report it with the lines above.", OURS)
