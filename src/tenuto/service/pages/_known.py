"""Listeners and songs by the ids of addresses and forms, which are text."""

from __future__ import annotations

from typing import Any

from tenuto.service._problems import Refusal
from tenuto.service.pages._house import House


def find_listener(house: House, user_id: str) -> Any:
    """A listener of the publication; None where nobody has this id."""
    said = house.ids.user(user_id)
    return None if said is None else house.desk.listener(said)


def known_listener(house: House, user_id: str) -> Any:
    """A listener of the publication.

    Raises
    ------
    Refusal : if nobody has this id
    """
    found = find_listener(house, user_id)
    if found is None:
        raise Refusal(
            "not-found",
            f"nobody of the id {user_id} was in the log before {house.desk.about().day}",
            mend="look for another id, or publish a later run",
        )
    return found


def known_song(house: House, item_id: str) -> Any:
    """A song of the publication.

    Raises
    ------
    Refusal : if there is none of this id
    """
    said = house.ids.item(item_id)
    found = None if said is None else house.desk.item(said)
    if found is None:
        raise Refusal("not-found", f"no song has the id {item_id}", mend="look for it by its title")
    return found
