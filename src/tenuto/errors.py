"""What can go wrong, as a tree: every error names the place, shows the value and gives the mend."""

from __future__ import annotations


class TenutoError(Exception):
    """A mistake that the user can mend.

    Parameters
    ----------
    message : what is wrong, with the place and the value
    mend : what to type or change next; shown on a line of its own
    """

    def __init__(self, message: str, mend: str | None = None):
        self.message = message
        self.mend = mend
        super().__init__(message if mend is None else f"{message}\n  To mend: {mend}")


class UnknownName(TenutoError):
    """A name that no member of a catalogue answers to."""


class WorkspaceError(TenutoError):
    """The workspace is missing, incomplete, of another source, or cannot be written."""


class Busy(WorkspaceError):
    """Another process is at work in the workspace: what failed now will do later."""


class SettingsError(TenutoError):
    """A setting in ``tenuto.toml`` or on the command line cannot be used."""


class SourceError(TenutoError):
    """Raw files cannot be found or read."""


class CutoffError(TenutoError):
    """A cutoff is outside the data, or finer than the source can tell."""


class ContractError(TenutoError):
    """A table handed over does not have the shape that was agreed."""


class LeakError(TenutoError):
    """Something known only after the cutoff has reached the features."""


class NotEnoughData(TenutoError):
    """The data are too few for an answer that means anything."""


class EngineError(TenutoError):
    """The engine is not installed, or cannot run what is asked."""
