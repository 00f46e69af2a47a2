"""What the holder of a token may do: four roles, each with all that the ones before it may."""

from __future__ import annotations

from enum import IntEnum

from tenuto.errors import SettingsError


class Role(IntEnum):
    """A role includes every smaller one: who may export may also say likes, and read."""

    READ = 1
    FEEDBACK = 2
    EXPORT = 3
    ADMIN = 4

    @property
    def word(self) -> str:
        """The name that is written: ``read``, ``feedback``, ``export`` or ``admin``."""
        return self.name.lower()

    @classmethod
    def called(cls, word: str) -> Role:
        """The role called ``word``.

        Raises
        ------
        SettingsError : if there is no such role
        """
        try:
            return cls[word.upper()]
        except KeyError:
            known = ", ".join(role.word for role in cls)
            raise SettingsError(f"there is no role '{word}'", mend=f"use one of: {known}") from None


#: What each role adds to the ones before it, for people.
ADDS = {
    Role.READ: "look at scores, lists, tables and metrics",
    Role.FEEDBACK: "write down plays, likes and dislikes, and undo them",
    Role.EXPORT: "download lists of listeners; each download is written to the audit log",
    Role.ADMIN: "publish a run, and go back to the one before",
}
