"""The porch: raw logs as they come, one member per format.

A member provides ``PRECISION`` ("day" or "second"), ``USER_ID``, ``ITEM_ID``, ``ACTIONS``,
``KNOWS``, ``identify(name)``, ``reader``, ``split``, ``records`` and ``redacted`` (see
``_contract.py``), and opens with one raw record.
"""

from pathlib import Path
from typing import Any

from tenuto.catalogue import Catalogue
from tenuto.errors import SettingsError
from tenuto.settings import SourceSettings
from tenuto.sources._contract import Ignored, RawFile, find, unreadable
from tenuto.sources._packing import LineReader
from tenuto.sources._workspaces import described

CATALOGUE = Catalogue(
    "tenuto.sources",
    must_provide=(
        *("PRECISION", "USER_ID", "ITEM_ID", "ACTIONS", "KNOWS"),
        *("identify", "reader", "split", "records", "redacted"),
    ),
)


def opened(settings: SourceSettings) -> Any:
    """The source that ``settings`` name, told its mapping where it takes one.

    Raises
    ------
    UnknownName : if there is no such source
    SettingsError : if the mapping is wrong, or the source takes none
    """
    member = CATALOGUE.get(settings.name)
    if hasattr(member, "configured"):
        return member.configured(settings.mapping)
    if settings.mapping:
        raise SettingsError(
            f"source '{settings.name}' takes no mapping, but tenuto.toml has [source.mapping]",
            mend='remove that section, or use name = "mapped"',
        )
    return member


def preview(settings: SourceSettings, logs: Path | str) -> list[dict[str, Any]]:
    """The first rows as Tenuto understands them, where a mapping says how; else none.

    Raises
    ------
    SettingsError : if the mapping does not fit them
    """
    member = CATALOGUE.get(settings.name)
    return member.preview(opened(settings), logs) if hasattr(member, "preview") else []


__all__ = [
    "CATALOGUE",
    "Ignored",
    "LineReader",
    "RawFile",
    "described",
    "find",
    "opened",
    "preview",
    "unreadable",
]
