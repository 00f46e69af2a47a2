"""What a reader asks of the call list, read from the address; what makes no sense is left out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from starlette.datastructures import QueryParams

from tenuto.service.pages import _addresses

PAGE_SIZE = 25
#: By which columns the list can be ordered, as the desk knows them.
SORTS = {
    "rank": "place",
    "probability": "probability",
    "expected_value": "worth of contacting",
    "value": "value when kept",
    "silence": "longest silent",
}
_PLANS = ("paid", "free")


@dataclass(frozen=True)
class Filters:
    """None where everything is wanted."""

    action: str | None = None
    plan: str | None = None
    reason: str | None = None
    search: str | None = None
    min_probability: float | None = None
    sort: str = "rank"
    page: int = 1

    @classmethod
    def of(cls, asked: QueryParams, about: Any) -> Filters:
        """As asked for; only actions and reasons that there are."""
        sort = asked.get("sort", "rank")
        return cls(
            action=_one_of(asked.get("action"), about.actions),
            plan=_one_of(asked.get("plan"), _PLANS),
            reason=_one_of(asked.get("reason"), about.reasons),
            search=(asked.get("search") or "").strip()[:200] or None,
            min_probability=_share(asked.get("at_least")),
            sort=sort if sort in SORTS else "rank",
            page=_whole(asked.get("page")),
        )

    def wanted(self) -> dict[str, Any]:
        """As `Answers.call_list` takes them, but for the page."""
        found = asdict(self)
        del found["page"]
        return found

    @property
    def is_any(self) -> bool:
        """Whether the list is less than the whole of it."""
        wanted = self.wanted() | {"sort": None}
        return any(value is not None for value in wanted.values())

    def address(self, path: str, page: int | None = None) -> str:
        """The same filters as the address of ``path``."""
        percent = None if self.min_probability is None else f"{100 * self.min_probability:g}"
        asked = {
            "action": self.action,
            "plan": self.plan,
            "reason": self.reason,
            "search": self.search,
            "at_least": percent,
            "sort": None if self.sort == "rank" else self.sort,
            "page": None if page in (None, 1) else page,
        }
        return _addresses.with_query(path, asked)


def _one_of(value: str | None, known: Any) -> str | None:
    return value if value in known else None


def _share(value: str | None) -> float | None:
    """A number in percent as a share."""
    try:
        share = float(value or "") / 100
    except ValueError:
        return None
    return share if 0 < share <= 1 else None


def _whole(value: str | None) -> int:
    is_number = value is not None and value.isascii() and value.isdigit() and len(value) < 8
    return max(int(value), 1) if is_number and value else 1
