"""Who was forgotten, as keyed digests: so that an ingest does not bring them back.

    WORKSPACE/privacy/forgotten.json    {"key": "9f2c…", "listeners": ["51ab…", …]}

``key`` is the fingerprint of the secret. Without the secret nobody can be told from a digest; a
lost secret means that nobody can be recognised any more, so that an ingest refuses to begin.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tenuto.errors import SettingsError, WorkspaceError
from tenuto.privacy._key import KEY_VARIABLE, Key
from tenuto.record import read_json, write_json
from tenuto.workspace import Workspace


@dataclass(frozen=True)
class Tombstones:
    """Digests of forgotten listeners, and the fingerprint of the secret they were made with."""

    fingerprint: str
    listeners: frozenset[str]

    @classmethod
    def of(cls, workspace: Workspace) -> Tombstones | None:
        """Those of ``workspace``; None where nobody was ever forgotten.

        Raises
        ------
        WorkspaceError : if the file is damaged: who was forgotten must not come back
        """
        file = _file(workspace)
        if not file.exists():
            return None
        try:
            said = read_json(file)
            return cls(str(said["key"]), frozenset(map(str, said["listeners"])))
        except (ValueError, KeyError, TypeError, RecursionError) as problem:
            raise WorkspaceError(
                f"{file} cannot be read: {problem}",
                mend="put it back from a backup; without it those who were forgotten would return",
            ) from problem

    @classmethod
    def add(cls, workspace: Workspace, key: Key, user_ids: Iterable[int | str]) -> list[str]:
        """Write down that ``user_ids`` are forgotten; their digests, in their order."""
        before = cls.of(workspace)
        if before is not None:
            before.check(key)
        new = [key.tombstone(user_id) for user_id in user_ids]
        everyone = set(new) | (set() if before is None else before.listeners)
        write_json(_file(workspace), {"key": key.fingerprint(), "listeners": sorted(everyone)})
        return new

    def check(self, key: Key) -> None:
        """Refuse another secret than the one that the digests were made with.

        Raises
        ------
        SettingsError : if it is another
        """
        if key.fingerprint() != self.fingerprint:
            raise SettingsError(
                f"the privacy key is another one ({key.fingerprint()}) than that by which "
                f"{len(self.listeners)} listeners were forgotten ({self.fingerprint})",
                mend=f"set {KEY_VARIABLE} or privacy.key_file to the secret of that time",
            )

    def has(self, key: Key, user_id: int | str) -> bool:
        """Whether the listener was forgotten, under the own id or under the pseudonym."""
        return (
            key.tombstone(user_id) in self.listeners
            or key.tombstone(key.pseudonym(user_id)) in self.listeners
        )


def _file(workspace: Workspace) -> Path:
    return workspace.root / "privacy" / "forgotten.json"
