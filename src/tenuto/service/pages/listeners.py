"""One listener: risk and reasons, days, lists of songs, and what to say about a song."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from tenuto.service._problems import Refusal
from tenuto.service.pages import _addresses, _pictures
from tenuto.service.pages._house import House, Reader, Speaker
from tenuto.service.pages._known import find_listener, known_listener, known_song

TITLE = "Listeners"
GROUP = "Act"
ORDER = 30
PATH = "/listeners"

LISTS = {"mix": "Mix", "keep": "Keep", "discover": "Discover", "hot": "Hot"}
#: Why a song is there, where the list has no sentence of its own.
_BECAUSE = {
    "favourite": "a favourite",
    "forgotten": "a forgotten favourite",
    "for_you": "new, and near what they play",
    "near": "near one of their songs",
    "popular": "many listeners play it",
    "popular_on_device": "many play it on this device",
    "hot": "in the chart of the week",
}
_WORDS = ("like", "dislike")
_FOUND = 12
#: The largest number that a receipt can have.
_MAX_RECEIPT = 2**63 - 1


def routes(house: House) -> APIRouter:
    """The search, one listener, and the words about songs."""
    router = APIRouter(include_in_schema=False)

    @router.get(PATH)
    def find(request: Request, caller: Reader, q: str = "") -> Any:
        asked = q.strip()[:200]
        if asked and find_listener(house, asked) is not None:
            return RedirectResponse(_addresses.listener(asked), 303)
        return house.page(
            request,
            "find.html.j2",
            TITLE,
            visitor=caller,
            asked=asked,
            songs=house.desk.find_songs(asked, _FOUND) if asked else [],
            first=house.desk.call_list(page_size=_FOUND),
        )

    @router.get(f"{PATH}/{{user_id:path}}")
    def listener(request: Request, caller: Reader, user_id: str, list: str = "mix") -> HTMLResponse:
        found = known_listener(house, user_id)
        return _shown(house, request, caller, found, list if list in LISTS else "mix")

    @router.post("/say")
    def say(
        caller: Speaker,
        user_id: Annotated[str, Form()],
        item_id: Annotated[str, Form()],
        word: Annotated[str, Form()],
        list: Annotated[str, Form()] = "mix",
        key: Annotated[str, Form()] = "",
    ) -> RedirectResponse:
        if word not in _WORDS:
            raise Refusal("not-valid", f"'{word}' cannot be said of a song", mend="like or dislike")
        one, item = known_listener(house, user_id), known_song(house, item_id)
        receipt = house.desk.say(one.user_id, item.item_id, word, key=key or None)
        return _back(user_id, list, receipt.receipt_id)

    @router.post("/undo")
    def undo(
        caller: Speaker,
        user_id: Annotated[str, Form()],
        receipt_id: Annotated[int, Form(ge=1, le=_MAX_RECEIPT)],
        list: Annotated[str, Form()] = "mix",
    ) -> RedirectResponse:
        house.desk.undo(receipt_id)
        return _back(user_id, list, None)

    return router


def _shown(house: House, request: Request, caller: Any, found: Any, which: str) -> HTMLResponse:
    desk, day = house.desk, house.desk.about().day
    said = sorted(desk.words_of(found.user_id), key=lambda word: -word.receipt_id)
    days = desk.days(found.user_id)
    scores = desk.score_history(found.user_id)
    receipt = request.query_params.get("said", "")
    return house.page(
        request,
        "listener.html.j2",
        f"Listener {found.user_id}",
        visitor=caller,
        one=found,
        days=_pictures.days(days, day),
        scores=scores,
        history=_pictures.scores(scores),
        lists=LISTS,
        because=_BECAUSE,
        which=which,
        songs=desk.songs(found.user_id, which),
        said=[_named(house, word) for word in said if word.undoes is None and not word.is_undone],
        last=next((word for word in said if str(word.receipt_id) == receipt), None),
        title_of=lambda item_id: _title(house, item_id),
    )


def _named(house: House, word: Any) -> tuple[Any, str]:
    return word, _title(house, word.item_id)


def _title(house: House, item_id: Any) -> str:
    item = house.desk.item(item_id)
    title = None if item is None else item.title
    return str(title) if title else f"item {item_id}"


def _back(user_id: str, which: str, receipt_id: int | None) -> RedirectResponse:
    """To the list that the word was about, so that its effect is seen."""
    shown = which if which in LISTS else "mix"
    address = _addresses.listener(user_id, list=shown, said=receipt_id)
    return RedirectResponse(f"{address}#songs", 303)
