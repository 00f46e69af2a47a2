"""Tables in a database: anything that Ibis reaches by a URL.

    duckdb:///data/service.duckdb?table=plays
    postgres://reader:$PASSWORD@host:5432/service?table=plays

``$NAME`` is taken from the environment. A password has to be: tenuto.toml is shared, and its
settings are stored with each run. Results and messages name the table alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import ibis
import ibis.expr.types as ir

from tenuto.errors import SettingsError, SourceError
from tenuto.record import digest_of
from tenuto.sources._contract import RawFile
from tenuto.sources._mapped.columnar import as_blocks
from tenuto.sources._mapped.mapping import Mapping, check_columns
from tenuto.sources._mapped.raw_blocks import BLOCK_ROWS, RawBlock

_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
_SECRETS = ("password", "pwd", "token", "access_token", "secret", "api_key", "private_key")
_BYTES_A_CELL = 8  # for the progress bar: a table does not know its size


@dataclass(frozen=True)
class Address:
    """Where a table is: what Ibis connects to, the database in it (or "") and the table."""

    url: str
    database: str
    table: str

    def scheme(self) -> str:
        return self.url.partition("://")[0]


@dataclass(frozen=True)
class TableFile(RawFile):
    """A table in the place of a raw file; ``summary`` changes when its rows do."""

    summary: tuple[Any, ...] = ()
    n_cells: int = 0

    def digest(self) -> str:
        return digest_of(list(self.summary))

    def size_bytes(self) -> int:
        return self.n_cells * _BYTES_A_CELL


def address_of(url: str) -> Address:
    """The parts of ``url``, which names a table as ``?table=NAME``.

    Raises
    ------
    SettingsError : if it names no table, shows a password, or needs a variable that is not set
    """
    _refuse_open_secrets(url)
    written, quote_all = urlsplit(url), partial(quote, safe="")
    # In front of the path a password may hold no "@" as it is; a path is what it is.
    parts = written._replace(
        netloc=_filled_in(written.netloc, quote_all),
        path=_filled_in(written.path, str),
        query=_filled_in(written.query, quote_all),
    )
    options = dict(parse_qsl(parts.query))
    table, database = options.pop("table", ""), options.pop("database", "")
    if not table:
        raise SettingsError(
            f"source.logs: the URL of {parts.scheme} does not say which table",
            mend="add ?table=NAME at its end",
        )
    if parts.scheme == "duckdb":
        options["read_only"] = "True"
    # Four slashes, as other programs write an absolute path, are three here.
    path = "/" + parts.path.lstrip("/") if parts.path.startswith("//") else parts.path
    # urlunsplit would write duckdb:///x as duckdb:/x where it does not know the scheme.
    rest = urlunsplit(("", parts.netloc, path, urlencode(options), parts.fragment))
    start = "" if rest.startswith("//") else "//"
    return Address(f"{parts.scheme}:{start}{rest}", database, table)


def _refuse_open_secrets(url: str) -> None:
    parts = urlsplit(url)
    said = [value for key, value in parse_qsl(parts.query) if key.lower() in _SECRETS]
    shown = [secret for secret in (parts.password, *said) if secret and not _VARIABLE.match(secret)]
    if shown:
        raise SettingsError(
            "source.logs: the URL shows a password, which would be stored with every run",
            mend=f"put it into the environment, and write '{parts.scheme}://NAME:$DB_PASSWORD@…'",
        )


def _filled_in(text: str, written: Callable[[str], str]) -> str:
    """``text`` with the values of the variables that it names."""

    def value_of(match: re.Match) -> str:
        name = match[1] or match[2]
        if name not in os.environ:
            raise SettingsError(
                f"source.logs: the variable {name} is not set", mend=f"export {name}=…"
            )
        return written(os.environ[name])

    return _VARIABLE.sub(value_of, text)


@contextmanager
def opened_table(address: Address) -> Iterator[ir.Table]:
    """The table at ``address``, as long as the connection is open.

    Raises
    ------
    SourceError : if there is no connection or no such table, without the secrets of the URL
    """
    backend = _connected(address)
    try:
        yield _named(backend, address)
    finally:
        backend.disconnect()


def table_file(address: Address, mapping: Mapping) -> TableFile:
    """The table as a raw file; of its rows only their number and their bounds are asked for.

    Raises
    ------
    SettingsError : if it lacks a column of the mapping
    """
    with opened_table(address) as table:
        check_columns(mapping, table.columns, f"table {address.table!r}")
        used = dict.fromkeys(mapping.used().values())
        bounds = {f"{name}_first": table[name].min() for name in used}
        bounds |= {f"{name}_last": table[name].max() for name in used}
        found = table.aggregate(n_rows=table.count(), **bounds).to_pyarrow().to_pylist()[0]
        summary = (address.table, *table.schema().names, *map(str, found.values()))
        n_cells = found["n_rows"] * len(table.columns)
    return TableFile(Path(address.table), address.table, "table", "", None, summary, n_cells)


class TableReader:
    """Reads one table, ordered by the columns of the mapping; ``source_line`` is the row from 1."""

    def __init__(self, address: Address, mapping: Mapping, block_rows: int = BLOCK_ROWS):
        self._address = address
        self._mapping = mapping
        self._block_rows = block_rows
        self.damage: str | None = None
        self.n_bytes = 0

    def __iter__(self) -> Iterator[RawBlock]:
        with opened_table(self._address) as table:
            ordered = table.order_by(_order(table, self._mapping))
            batches = ordered.to_pyarrow_batches(chunk_size=min(self._block_rows, BLOCK_ROWS))
            for block in as_blocks(batches, self._block_rows):
                self.n_bytes += sum(cell.nbytes for cell in block.cells.values())
                yield block


def rows_to_look_at(address: Address, n_rows: int) -> RawBlock | None:
    """Any ``n_rows`` rows of a table, without sorting it; None if it has none."""
    with opened_table(address) as table:
        return next(as_blocks(table.limit(n_rows).to_pyarrow_batches(), n_rows), None)


def _order(table: ir.Table, mapping: Mapping) -> list[str]:
    """The columns to sort by, the time first: a block then holds few days.

    A database gives rows in any order, and the same rows have to give the same bytes.
    """
    used = mapping.used()
    names = [used[mapping.time_key], *used.values(), *table.columns]
    return [
        name
        for name in dict.fromkeys(names)
        if name in table.columns and not table.schema()[name].is_nested()
    ]


def _connected(address: Address) -> Any:
    try:
        return ibis.connect(address.url)
    except ImportError as failure:
        extra = address.scheme().replace("postgresql", "postgres")
        raise SourceError(
            f"the reader of {address.scheme()} tables is not installed ({failure})",
            mend=f"pip install 'ibis-framework[{extra}]'",
        ) from failure
    except Exception as failure:
        raise SourceError(
            f"no connection to {address.scheme()} for table {address.table!r}: "
            f"{_without_secrets(failure, address)}",
            mend="check the URL in `logs` and the variables that it names",
        ) from None


def _named(backend: Any, address: Address) -> ir.Table:
    try:
        return backend.table(address.table, database=address.database or None)
    except Exception as failure:
        there = ", ".join(backend.list_tables(database=address.database or None)) or "none"
        raise SourceError(
            f"no table {address.table!r} in that {address.scheme()} database. There are: {there}",
            mend="name one of them as ?table=NAME in `logs`",
        ) from failure


def _without_secrets(failure: Exception, address: Address) -> str:
    """What ``failure`` says, without the part of the URL that says who and where."""
    said = str(failure).partition("\n")[0]
    parts = urlsplit(address.url)
    for secret in (address.url, parts.netloc, parts.password, parts.username, parts.hostname):
        if secret:
            said = said.replace(secret, "…")
    return said
