"""Feedback: plays, likes and dislikes of now; on the disk before the answer, in the next list."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Header, Path, Request, Response
from pydantic import BaseModel, ConfigDict

from tenuto.service._guard import needs
from tenuto.service._ids import ids_of
from tenuto.service._problems import Refusal
from tenuto.service.api._resource import BODY, MISSING, UserId, answer, desk_of, resource
from tenuto.service.api.listeners import Id
from tenuto.serving import Receipt

router = resource("feedback")

#: The largest number that a receipt can have.
_MAX_RECEIPT = 2**63 - 1

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        description="drawn by the caller: a repeat with the same key writes nothing again",
    ),
]


class Word(BaseModel):
    """What a listener says of a song."""

    model_config = ConfigDict(extra="forbid")

    user_id: Id
    item_id: Id
    word: Literal["play", "like", "dislike"]


class Words(BaseModel):
    """What a listener said, in order."""

    words: list[Receipt]


@router.post(
    "/feedback",
    dependencies=[needs("feedback")],
    response_model=Receipt,
    responses=BODY,
    status_code=201,
    summary="Write down a play, a like or a dislike",
)
def say(request: Request, word: Word, key: Key = None) -> Response:
    user_id, item_id = ids_of(request).user(word.user_id), ids_of(request).item(word.item_id)
    if user_id is None or item_id is None:
        where = "body.user_id" if user_id is None else "body.item_id"
        errors = [{"where": where, "why": "such ids are whole numbers here"}]
        raise Refusal("not-valid", errors=errors)
    return answer(desk_of(request).say(user_id, item_id, word.word, key), 201)


@router.delete(
    "/feedback/{receipt_id}",
    dependencies=[needs("feedback")],
    response_model=Receipt,
    responses=MISSING,
    summary="Take a word back",
)
def undo(request: Request, receipt_id: Annotated[int, Path(ge=1, le=_MAX_RECEIPT)]) -> Response:
    return answer(desk_of(request).undo(receipt_id))


@router.get(
    "/listeners/{user_id:path}/feedback",
    dependencies=[needs("read")],
    response_model=Words,
    summary="What a listener said",
)
def words(request: Request, user_id: UserId) -> Response:
    one = ids_of(request).user(user_id)
    return answer({"words": [] if one is None else desk_of(request).words_of(one)})
