"""The closed list of what a user can do, each with one line of meaning."""

from __future__ import annotations

ACTIONS: dict[str, str] = {
    "play": "heard an item, or a part of it",
    "download": "saved an item to the device",
    "search": "typed a query",
    "like": "gave an item a thumbs up",
    "dislike": "gave an item a thumbs down",
    "remove_like": "took a thumbs up back",
    "remove_dislike": "took a thumbs down back",
    "add_to_playlist": "put an item into a playlist",
    "add_friend": "followed another user",
    "advert": "was shown or played an advert",
    "upgrade_page": "looked at the page that offers a better plan",
    "downgrade_page": "looked at the page that offers a lesser plan",
    "upgrade": "moved to a better plan",
    "downgrade": "moved to a lesser plan",
    "cancel_page": "asked to cancel, before confirming",
    "cancel": "confirmed the cancellation of the account",
    "register_page": "looked at the page for signing up",
    "register": "signed up",
    "login": "logged in",
    "logout": "logged out",
    "session_start": "opened the application",
    "home": "looked at the home page",
    "settings": "looked at the settings",
    "save_settings": "saved the settings",
    "help": "looked for help",
    "about": "looked at the page about the service",
    "error": "was shown an error",
    "page": "looked at any other page",
}

# The actions that name an item; the others leave item_id NULL.
ITEM_ACTIONS = (
    *("play", "download", "add_to_playlist"),
    *("like", "dislike", "remove_like", "remove_dislike"),
)

# "add_to_playlist" is counted in n_add_to_playlist, "play" in n_plays, and so on.
_PLURALS = {
    "play": "plays",
    "download": "downloads",
    "search": "searches",
    "like": "likes",
    "dislike": "dislikes",
    "remove_like": "removed_likes",
    "remove_dislike": "removed_dislikes",
    "add_to_playlist": "playlist_adds",
    "add_friend": "friend_adds",
    "advert": "adverts",
    "register": "registrations",
    "session_start": "session_starts",
    "settings": "settings",
    "save_settings": "saved_settings",
    "help": "helps",
    "about": "abouts",
    "home": "homes",
}


def count_column(action: str) -> str:
    """The name of the column that counts ``action``: ``"play"`` is counted in ``n_plays``.

    Examples
    --------
    >>> count_column("play"), count_column("upgrade_page")
    ('n_plays', 'n_upgrade_pages')
    """
    return f"n_{_PLURALS.get(action, action + 's')}"
