"""The pages of the subscription service: what each is called, and who may see it how.

Auth, method and status of every page are those of Sparkify-format logs (seeds.md S3-D3, §2.5).
"""

from __future__ import annotations

from typing import NamedTuple

LOGGED_IN, LOGGED_OUT, GUEST, CANCELLED = "Logged In", "Logged Out", "Guest", "Cancelled"


class Page(NamedTuple):
    """One page as one kind of visitor sees it."""

    name: str
    auth: str = LOGGED_IN
    method: str = "GET"
    status: int = 200

    @property
    def has_user(self) -> bool:
        """Whether the log names the listener."""
        return self.auth in (LOGGED_IN, CANCELLED)


PAGES = (
    Page("NextSong", method="PUT"),
    Page("Roll Advert"),
    Page("Thumbs Up", method="PUT", status=307),
    Page("Thumbs Down", method="PUT", status=307),
    Page("Add to Playlist", method="PUT"),
    Page("Add Friend", method="PUT", status=307),
    Page("Upgrade"),
    Page("Submit Upgrade", method="PUT", status=307),
    Page("Downgrade"),
    Page("Submit Downgrade", method="PUT", status=307),
    Page("Help"),
    Page("About"),
    Page("Settings"),
    Page("Save Settings", method="PUT", status=307),
    Page("Error", status=404),
    Page("Home"),
    Page("Logout", method="PUT", status=307),
    Page("Cancel", method="PUT", status=307),
    Page("Cancellation Confirmation", auth=CANCELLED),
    Page("Home", auth=LOGGED_OUT),
    Page("Help", auth=LOGGED_OUT),
    Page("About", auth=LOGGED_OUT),
    Page("Error", auth=LOGGED_OUT, status=404),
    Page("Login", auth=LOGGED_OUT, method="PUT", status=307),
    Page("Home", auth=GUEST),
    Page("Help", auth=GUEST),
    Page("About", auth=GUEST),
    Page("Register", auth=GUEST),
    Page("Submit Registration", auth=GUEST, method="PUT", status=307),
)
_NUMBERS = {(page.name, page.auth): number for number, page in enumerate(PAGES)}


def number_of(name: str, auth: str = LOGGED_IN) -> int:
    """The place of a page in ``PAGES``."""
    return _NUMBERS[name, auth]
