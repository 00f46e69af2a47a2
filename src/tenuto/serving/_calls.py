"""Pages of the call list: filtered, searched and sorted where it lies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tenuto.errors import ContractError
from tenuto.serving._snapshot import Snapshot

#: Name -> order; a tie goes to the better place.
SORTS = {
    "rank": "place",
    "probability": "probability DESC, place",
    "value": "value DESC, place",
    "expected_value": "expected_value DESC, place",
    "silence": "days DESC, place",
    "user_id": "calls.user_id",
}
MAX_PAGE = 1_000
_WHERE = {
    "action": "action = ?",
    "plan": "plan = ?",
    "reason": "instr(reasons, ',' || ? || ',') > 0",
}


def call_page(
    found: Snapshot,
    asked: Mapping[str, str | None],
    min_probability: float | None,
    sort: str,
    page: int,
    page_size: int,
) -> tuple[list[dict[str, Any]], int]:
    """Cards of one page, and how many listeners there are on all of them."""
    _check(sort, page, page_size)
    where = [(_WHERE[name], asked[name]) for name in _WHERE if asked[name] is not None]
    if min_probability is not None:
        where.append(("probability >= ?", str(min_probability)))
    where += [("instr(words, ?) > 0", word) for word in (asked["search"] or "").casefold().split()]
    wanted = " AND ".join(condition for condition, _ in where) or "1"
    values: list[Any] = [value for _, value in where]
    if min_probability is not None:
        values = [min_probability if c == "probability >= ?" else v for c, v in where]
    total = found.one(f"SELECT count(*) FROM calls WHERE {wanted}", *values)[0]
    rows = found.all(
        f"SELECT card FROM calls JOIN listeners USING (user_id) WHERE {wanted} "
        f"ORDER BY {SORTS[sort]} LIMIT ? OFFSET ?",
        (*values, page_size, (page - 1) * page_size),
    )
    return [json.loads(card) for (card,) in rows], int(total)


def _check(sort: str, page: int, page_size: int) -> None:
    if sort not in SORTS:
        raise ContractError(f"there is no order '{sort}'", mend=f"use one of: {', '.join(SORTS)}")
    if page < 1 or not 1 <= page_size <= MAX_PAGE:
        raise ContractError(
            f"page {page} of {page_size} rows", mend=f"use a page from 1, of 1 to {MAX_PAGE} rows"
        )
