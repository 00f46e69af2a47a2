"""An opened publication: what it holds was checked, and is looked up by key."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from tenuto.errors import ContractError, WorkspaceError
from tenuto.record import digest_of_file
from tenuto.serving._connections import Connections
from tenuto.serving._counter import Counter, read_counter
from tenuto.serving._fold_in import made_list
from tenuto.serving._shelf import MANIFEST, read_manifest
from tenuto.serving._sums import LISTS_PER_ROW
from tenuto.shapes import About

#: Songs whose names are kept at hand.
_KNOWN_SONGS = 100_000
#: Lists that were made now and are kept, at about 6 kB.
_KEPT_LISTS = 2_000
NameOf = Callable[[Any], tuple[str | None, str | None]]


class Snapshot:
    """One publication. It never changes, so whatever is read from it may be kept.

    Parameters
    ----------
    folder : of the publication

    Raises
    ------
    WorkspaceError : if a file is missing, added, or not the one that was published
    """

    def __init__(self, folder: Path):
        manifest = read_manifest(folder)
        check_files(folder, manifest["files"])
        self.name = folder.name
        self.day = date.fromisoformat(manifest["day"])
        self.last_word = int(manifest["last_word"])
        self.recommended_at = float(manifest["recommended_at"])
        # Nothing that is kept here leads back to the snapshot: when the last who asks it is done,
        # it is gone, and its memory with it.
        self._connections = Connections(folder / "answers.sqlite")
        self.one, self.all = self._connections.one, self._connections.all
        said = dict(manifest["about"])
        self.charts: dict[str, list[dict[str, Any]]] = said.pop("charts")
        self.about = _about(self.name, said)
        self.list_number = {name: number for number, name in enumerate(self.about.lists)}
        self.name_of = lru_cache(_KNOWN_SONGS)(partial(_name_of, self._connections))
        try:
            self.counter: Counter = read_counter(folder / "fold", _Names(self.name_of))
        except ContractError as problem:
            raise WorkspaceError(problem.message, mend=problem.mend) from problem
        # Who asks again and has said nothing since is not worked out again.
        self.made = lru_cache(_KEPT_LISTS)(partial(made_list, self.counter))

    def card(self, user_id: Any) -> tuple[int, dict[str, Any]] | None:
        """The listener's row and card."""
        found = self.one('SELECT "row", card FROM listeners WHERE user_id = ?', user_id)
        return None if found is None else (found[0], json.loads(found[1]))

    def row(self, user_id: Any) -> int | None:
        """The listener's row in the histories."""
        found = self.one('SELECT "row" FROM listeners WHERE user_id = ?', user_id)
        return None if found is None else int(found[0])

    def songs(self, row: int, which: str) -> list[list[Any]] | None:
        """A list of the run: item, score, reason code, reason and causes of each place."""
        key = row * LISTS_PER_ROW + self.list_number[which]
        found = self.one("SELECT songs FROM lists WHERE key = ?", key)
        return None if found is None else list(json.loads(found[0]))

    def said(self, table: str, key: Any) -> list[Any]:
        """The JSON of one row of ``similar``, ``days`` or ``history``; empty without."""
        column, said = _SAID[table]
        found = self.one(f'SELECT {said} FROM {table} WHERE "{column}" = ?', key)
        return [] if found is None else list(json.loads(found[0]))

    def close(self) -> None:
        """Let go of the file. Who still asks opens it again."""
        self._connections.close()


def _name_of(connections: Connections, item_id: Any) -> tuple[str | None, str | None]:
    found = connections.one("SELECT title, artist FROM items WHERE item_id = ?", item_id)
    return (None, None) if found is None else (found[0], found[1])


class _Names(dict[Any, str]):
    """item_id -> "Title by Artist", looked up when somebody asks for it."""

    def __init__(self, name_of: NameOf):
        super().__init__()
        self._name_of = name_of

    def __bool__(self) -> bool:
        """There are names, though none is held here."""
        return True

    def get(self, key: Any, default: Any = None) -> Any:
        title, artist = self._name_of(key)
        if title is None:
            return default
        return title if artist is None else f"{title} by {artist}"


_SAID = {"similar": ("item_id", "songs"), "days": ("row", "days"), "history": ("row", "scores")}


def check_files(folder: Path, wanted: dict[str, str]) -> None:
    """Whether the files of a publication are those that were published.

    Raises
    ------
    WorkspaceError : if one is missing, added, a link, or was changed
    """
    there = {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_symlink() or not file.is_dir()
    } - {MANIFEST}
    odd = sorted(there ^ set(wanted))
    links = sorted(name for name in there if (folder / name).is_symlink())
    if odd or links:
        raise _damaged(folder / (odd or links)[0], "is missing, or does not belong there")
    for name, digest in wanted.items():
        if digest_of_file(folder / name) != digest:
            raise _damaged(folder / name, "is not the file that was published")


def _damaged(file: Path, what: str) -> WorkspaceError:
    return WorkspaceError(
        f"{file} {what}", mend="tenuto publish WORKSPACE; the publication before is served so far"
    )


def _about(name: str, said: dict[str, Any]) -> About:
    try:
        lists, devices = tuple(said.pop("lists")), tuple(said.pop("devices"))
        day = date.fromisoformat(said.pop("day"))
        return About(publication=name, day=day, lists=lists, devices=devices, **said)
    except (KeyError, TypeError, ValueError) as problem:
        raise WorkspaceError(
            f"the manifest of {name} is not whole: {problem}", mend="publish again"
        ) from problem
