"""What an ingest lets through: nobody who was forgotten, and nobody's own name where it is hidden.

A line of a forgotten listener is set aside as ``forgotten``, so that lines read are still lines
kept and lines set aside; of its text nothing is stored. With pseudonyms the text of no line is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenuto.errors import ContractError
from tenuto.events.schema import IdType
from tenuto.privacy._key import Key, key_of
from tenuto.privacy._tombstones import Tombstones
from tenuto.record import digest_of
from tenuto.workspace import Workspace

#: Why a line is set aside, and what stands in place of its text.
FORGOTTEN = "forgotten"
HIDDEN = "[hidden]"
# A raw record that could not be read may hold an id anywhere: between the separators of the
# formats, or between whatever is no letter and no digit.
_SEPARATORS = (re.compile(r"[\t,;|\"'\s{}\[\]]+"), re.compile(r"\W+"), re.compile(r"\D+"))


@dataclass(frozen=True)
class Veil:
    """Drawn over the records of an ingest; ``tombstones`` are None where nobody is forgotten."""

    key: Key
    tombstones: Tombstones | None
    pseudonyms: bool

    @classmethod
    def of(cls, workspace: Workspace) -> Veil | None:
        """The veil of ``workspace``; None where everybody is kept under the own id.

        Raises
        ------
        SettingsError : if one is needed, and the secret is missing or another one
        """
        tombstones, pseudonyms = Tombstones.of(workspace), workspace.settings.privacy.pseudonyms
        if tombstones is None and not pseudonyms:
            return None
        key = key_of(workspace)
        if tombstones is not None:
            tombstones.check(key)
        return cls(key, tombstones, pseudonyms)

    def over(self, records: pa.Table) -> pa.Table:
        """``records`` (see ingest/_plan.py) as they may be stored; rows and columns stay."""
        users = records["user_id"].combine_chunks().dictionary_encode()
        if isinstance(users, pa.ChunkedArray):
            users = users.combine_chunks()
        known = users.dictionary.to_pylist()
        is_gone = pa.array([self._is_forgotten(one) for one in known], pa.bool_())
        gone = pc.fill_null(is_gone.take(users.indices), False)
        records = _withheld(records, self._is_withheld(records, gone))
        reason = pc.if_else(pc.is_null(records["reason"]), _text(FORGOTTEN), records["reason"])
        records = _with(records, "reason", pc.if_else(gone, reason, records["reason"]))
        kept = pc.and_(records["is_kept"], pc.invert(gone))
        records = _with(records, "is_kept", kept)
        if not self.pseudonyms:
            return records
        names = pa.array([self.key.pseudonym(one) for one in known], users.dictionary.type)
        return _with(records, "user_id", names.take(users.indices))

    def _is_forgotten(self, user_id: int | str) -> bool:
        return self.tombstones is not None and self.tombstones.has(self.key, user_id)

    def _is_withheld(self, records: pa.Table, gone: pa.Array) -> pa.Array:
        """Of which records the text must not be stored."""
        if self.pseudonyms:
            return pa.array(np.ones(records.num_rows, dtype=bool))
        told = records["record"].combine_chunks()
        rows = np.flatnonzero(pc.is_valid(told).to_numpy(zero_copy_only=False))
        withheld = gone.to_numpy(zero_copy_only=False).copy()
        for row in rows:
            if not withheld[row]:
                withheld[row] = any(map(self._is_forgotten, words_of(told[int(row)].as_py())))
        return pa.array(withheld)


def words_of(record: str) -> Iterator[str]:
    """What in a raw record may be an id."""
    for separator in _SEPARATORS:
        yield from filter(None, separator.split(record))


def as_stored(workspace: Workspace, user_id: str, id_type: IdType) -> tuple[Any, Any]:
    """A listener's own id in the type of the log, and what stands for it in the workspace.

    Raises
    ------
    ContractError : if ids of the log are numbers and this is none
    SettingsError : if there are pseudonyms, but no secret
    """
    own: int | str = user_id
    if id_type == "int64":
        if not re.fullmatch(r"-?\d{1,19}", user_id) or abs(int(user_id)) >= 1 << 63:
            raise ContractError(
                f"'{user_id}' is no id of a listener here: they are whole numbers",
                mend="write it as the log does",
            )
        own = int(user_id)
    return own, key_of(workspace).pseudonym(own) if workspace.settings.privacy.pseudonyms else own


def recipe(workspace: Workspace) -> str:
    """What of the privacy settings changes what an ingest stores of a file."""
    settings = workspace.settings.privacy
    return digest_of([settings.pseudonyms and key_of(workspace).fingerprint()])


def _withheld(records: pa.Table, is_withheld: pa.Array) -> pa.Table:
    is_told = pc.or_(pc.is_valid(records["record"]), pc.is_null(records["reason"]))
    hidden = pc.and_(is_withheld, is_told)
    return _with(records, "record", pc.if_else(hidden, _text(HIDDEN), records["record"]))


def _with(records: pa.Table, name: str, values: Any) -> pa.Table:
    at = records.schema.get_field_index(name)
    return records.set_column(at, records.schema.field(name), values)


def _text(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.string())
