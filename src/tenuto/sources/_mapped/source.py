"""The source of one workspace, as its mapping describes it."""

from __future__ import annotations

from pathlib import Path

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from tenuto.errors import SettingsError, SourceError
from tenuto.sources._contract import Identity, Ignored, RawFile, find
from tenuto.sources._items import item_of_names
from tenuto.sources._mapped.checking import check_file, check_values
from tenuto.sources._mapped.first_rows import N_ROWS, rows_of_file
from tenuto.sources._mapped.formats import format_of, identify, identity_of, open_rows
from tenuto.sources._mapped.mapping import PLACE, Mapping, check_columns
from tenuto.sources._mapped.raw_blocks import BLOCK_ROWS, RawBlock, RawReader
from tenuto.sources._mapped.reader import MappedReader, actions_of
from tenuto.sources._mapped.tables import (
    Address,
    TableReader,
    address_of,
    rows_to_look_at,
    table_file,
)
from tenuto.workspace import is_url

_TEXTS = (
    *("user_text", "item_text", "played_text", "length_text", "timestamp_text"),
    *("title", "artist", "device", "session_id", "text"),
)
# Keys of the mapping whose fact has another name.
_FACTS = {"played": "played_s", "length": "length_s"}
_NOT_FACTS = ("user_id", "item_id", "action", "day")
# Arbitrary: keys of JSON that are rare may be missing from a small file.
_FILES_TO_TRY = 10


class MappedSource:
    """What `sources/_contract.py` asks of a source, for one mapping."""

    __name__ = "tenuto.sources.mapped"

    def __init__(self, mapping: Mapping, what_to_expect: str):
        self.mapping = mapping
        self.PRECISION = "day" if mapping.day else "second"
        self.USER_ID = mapping.user_id_type
        self.ITEM_ID = "string" if mapping.is_named else mapping.item_id_type
        self.ACTIONS = actions_of(mapping)
        self.KNOWS = tuple(_FACTS.get(key, key) for key in mapping.used() if key not in _NOT_FACTS)
        self.WHAT_TO_EXPECT = what_to_expect
        self._addresses: dict[Path, Address] = {}

    def identify(self, name: str) -> Identity | str:
        return identify(name)

    def find(self, logs: Path | str) -> tuple[list[RawFile], list[Ignored]]:
        """The files or the table of ``logs``, with the mapping tried on their first rows.

        A file of a folder that lacks a column is no log, and left out with the reason.

        Raises
        ------
        SettingsError : if the mapping does not fit the values of the first, or fits none of
            them: then what the largest lacks
        SourceError : if there is nothing to read
        """
        if is_url(logs):
            return [self._table(str(logs))], []
        walk = _Walk(self.mapping, self.WHAT_TO_EXPECT, Path(logs).is_file())
        try:
            files, ignored = find(walk, logs)
        except SourceError:
            if walk.failures:
                raise max(walk.failures, key=lambda failure: failure[0])[1] from None
            raise
        self._check(files)
        return files, ignored

    def reader(self, path: Path, block_rows: int = BLOCK_ROWS) -> MappedReader:
        """The rows of a file, or of a table that `find` has found."""
        if path in self._addresses:
            raw: RawReader = TableReader(self._addresses[path], self.mapping, block_rows)
        else:
            raw = open_rows(path, self.mapping, block_rows)
        return MappedReader(raw, self.mapping)

    def first_rows(self, path: Path, n_rows: int) -> RawBlock | None:
        """At most ``n_rows`` rows as they come, to look at; None if there are none."""
        if path in self._addresses:
            return rows_to_look_at(self._addresses[path], n_rows)
        return next(iter(open_rows(path, self.mapping, n_rows)), None)

    def split(self, lines: ir.Table, file: RawFile) -> ir.Table:
        return lines

    def records(self, table: ir.Table, file: RawFile) -> ir.Table:
        known = filled(table)
        if not self.mapping.is_named:
            return known
        return known.mutate(item_text=item_of_names(known.artist, known.title))

    def redacted(self, table: ir.Table, file: RawFile) -> ir.StringValue:
        """The raw record as it may be stored: without addresses, of searches without the query.

        A line that is no record may hold a query anywhere.
        """
        if not self.mapping.text:
            return redacted_line(table.line)
        who = table.user_text.fill_null("?") + "\t[query]"
        has_query = table.text.notnull() | ~table.is_record
        return has_query.ifelse(who, redacted_line(table.line))

    def _table(self, url: str) -> RawFile:
        address = address_of(url)
        file = table_file(address, self.mapping)
        self._addresses[file.path] = address
        self._check_rows(file)
        return file

    def _check(self, files: list[RawFile]) -> None:
        tried = files[:_FILES_TO_TRY]
        for file in tried:
            if self._check_rows(file):
                break
        if format_of(tried[0].path) == "json":
            there = dict.fromkeys(n for f in tried for n in rows_of_file(f.path).columns)
            check_columns(self.mapping, there, f"the first objects of {tried[0].path.name}")

    def _check_rows(self, file: RawFile) -> bool:
        """Try the first rows; whether there are any."""
        block = self.first_rows(file.path, N_ROWS)
        if block is None:
            return False
        check_values(self.mapping, block, file.path.name)
        return True


class _Walk:
    """What `find` asks of a source, remembering why files did not fit, and their sizes."""

    __name__ = MappedSource.__name__

    def __init__(self, mapping: Mapping, what_to_expect: str, is_alone: bool):
        self.mapping = mapping
        self.WHAT_TO_EXPECT = what_to_expect
        self.is_alone = is_alone
        self.failures: list[tuple[int, SettingsError | SourceError]] = []

    def identify(self, name: str) -> Identity | str:
        found = identify(name)
        return identity_of(name) if self.is_alone and isinstance(found, str) else found

    def refuses(self, path: Path) -> str | None:
        """Why the mapping does not fit a file."""
        try:
            if not check_file(self.mapping, path):
                return "it is empty"
        except (SettingsError, SourceError) as failure:
            self.failures.append((path.stat().st_size, failure))
            return failure.message.removeprefix(PLACE + ".")
        return None


def filled(table: ir.Table) -> ir.Table:
    """``table`` with NULL in the columns that a source must give and this one does not know."""
    missing: dict[str, ir.Value] = {name: ibis.null(dt.string) for name in _TEXTS}
    missing |= {"is_paid": ibis.null(dt.boolean), "action": ibis.literal("play")}
    if "timestamp" not in table.columns and "day" in table.columns:
        missing["timestamp"] = ibis.null(dt.Timestamp(scale=6))
    return table.mutate(
        **{name: value for name, value in missing.items() if name not in table.columns}
    )


def redacted_line(line: ir.StringValue) -> ir.StringValue:
    """``line`` without addresses of clients and of people."""
    without = line.re_replace(r"\d{1,3}(\.\d{1,3}){3}", "[address]")
    return without.re_replace(r"[\w.+-]+@[\w-]+\.[\w.-]+", "[address]")
