"""What a new workspace needs of a source: the mapping, where the source can guess one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from tenuto.errors import SettingsError
from tenuto.settings import SourceSettings


def described(
    member: ModuleType, name: str, logs: Path | str, known: Mapping[str, str]
) -> tuple[SourceSettings, str]:
    """The settings of a source over ``logs``, and its mapping as text with its reasons.

    ``known`` says of some keys of the mapping which column they are.

    Raises
    ------
    SettingsError : if no mapping can be guessed, or the source takes none
    """
    if hasattr(member, "guess"):
        text = member.guess(logs, dict(known))
        mapping: dict[str, Any] = tomllib.loads(text)["source"]["mapping"]
        return SourceSettings(name=name, logs=str(logs), mapping=mapping), text
    if known:
        raise SettingsError(
            f"{name} logs need no mapping", mend="leave out what was said of the columns (--map)"
        )
    return SourceSettings(name=name, logs=str(logs)), ""
