"""A connection to a warehouse, by its address; what goes wrong there is told without a password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import ibis.common.exceptions

from tenuto.errors import EngineError, SettingsError, TenutoError
from tenuto.warehouse import _duckdb, _postgres
from tenuto.warehouse._address import Address, address_of
from tenuto.warehouse._warehouse import Warehouse

_KINDS = {"duckdb": _duckdb, "postgres": _postgres}
_THEIRS = ("psycopg", "ibis")


@contextmanager
def connected(
    to: str, schema: str | None = None, *, memory: str = "4GB", is_read_only: bool = False
) -> Iterator[tuple[Warehouse, Address]]:
    """The warehouse at ``to``, for as long as the block lasts.

    Raises
    ------
    SettingsError : if ``to`` names no warehouse, or ``schema`` is empty
    EngineError : if it cannot be reached, or refuses what is asked
    """
    address = address_of(to)
    if schema == "":
        raise SettingsError("the schema has no name", mend="leave --schema out, or name one")
    with _told(address):
        warehouse = _KINDS[address.kind].open(address, schema, memory, is_read_only=is_read_only)
        with warehouse:
            yield warehouse, address


@contextmanager
def _told(address: Address) -> Iterator[None]:
    try:
        yield
    except TenutoError:
        raise
    except (duckdb.Error, ibis.common.exceptions.IbisError) as failure:
        raise _refused(address, failure) from None
    except Exception as failure:
        # psycopg is an extra, so that its errors are known by where they come from.
        if type(failure).__module__.partition(".")[0] not in _THEIRS:
            raise
        raise _refused(address, failure) from None


def _refused(address: Address, failure: Exception) -> EngineError:
    said = address.scrubbed(str(failure)).strip().partition("\n")[0]
    is_memory = isinstance(failure, duckdb.OutOfMemoryException)
    to_mend = "give it more engine.memory in tenuto.toml" if is_memory else "see to what it says"
    return EngineError(
        f"{address.shown}: {said}",
        mend=f"rows that were there before are still there; {to_mend}, then export again",
    )
