"""Where a warehouse is, and how it is named without its password.

postgres://user:password@host:5432/database    also postgresql://, as libpq reads it
results.duckdb                                  a DuckDB file, also duckdb://path
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, unquote_plus

from tenuto.errors import SettingsError

_POSTGRES = ("postgres", "postgresql")
_DUCKDB_ENDINGS = (".duckdb", ".ddb", ".db")
_IN_QUERY = re.compile(r"(?i)((?:ssl)?password=)([^&\s]*)")
_HIDDEN = "***"


@dataclass(frozen=True)
class Address:
    """A warehouse: ``shown`` may be printed, ``url`` may not."""

    kind: str
    url: str = field(repr=False)
    shown: str
    _secrets: tuple[str, ...] = field(repr=False)

    def scrubbed(self, text: str) -> str:
        """``text`` with every password of the address taken out."""
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text


def address_of(text: str) -> Address:
    """The warehouse that ``text`` names.

    Raises
    ------
    SettingsError : if it is neither PostgreSQL nor a DuckDB file
    """
    scheme, has_scheme, rest = text.partition("://")
    if has_scheme and scheme.lower() in _POSTGRES:
        shown, secrets = _without_password(scheme, rest)
        return Address("postgres", text, shown, secrets)
    if has_scheme and scheme.lower() == "duckdb" and rest:
        return Address("duckdb", rest, rest, ())
    if not has_scheme and text.lower().endswith(_DUCKDB_ENDINGS):
        return Address("duckdb", text, text, ())
    shown = _without_password(scheme, rest)[0] if has_scheme else text
    raise SettingsError(
        f"'{shown}' is no warehouse that can be written",
        mend="--to postgres://user@host/database, or a DuckDB file such as --to results.duckdb",
    )


def _without_password(scheme: str, rest: str) -> tuple[str, tuple[str, ...]]:
    # Up to the last @: a password may hold an unescaped / or ?, and no part of it may be shown.
    login, has_login, place = rest.rpartition("@")
    user, _, password = login.partition(":")
    in_query = [found[2] for found in _IN_QUERY.finditer(rest)]
    raw = [secret for secret in (password, *in_query) if secret]
    as_typed = {form(secret) for secret in raw for form in (str, unquote, unquote_plus)}
    hidden = f"{user}:{_HIDDEN}@" if password else f"{user}@" if has_login else ""
    shown = _IN_QUERY.sub(rf"\1{_HIDDEN}", f"{scheme}://{hidden}{place}")
    return shown, tuple(sorted(as_typed, key=len, reverse=True))
