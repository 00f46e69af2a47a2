"""What the models of a run foretell, in words: each label has its own people and its own deed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any


@dataclass(frozen=True)
class Label:
    """A label as sentences need it.

    words : what it means, as the label says it, such as "cancelled in the horizon"
    who : those for whom it is true, such as "those who cancel"
    verb : what they do, such as "cancel"
    rate : what the share of them is called
    days : length of the horizon, or of a bin
    bins : first and last bin on each user's own clock; None for a label of the calendar
    """

    words: str
    who: str
    verb: str
    rate: str
    days: int
    bins: tuple[int, int] | None

    @classmethod
    def of(cls, summary: dict[str, Any], settings: dict[str, Any]) -> Label:
        """The label of a summary of churn; one written before labels had names is inactivity."""
        bins = summary.get("bins")
        return cls(
            words=str(summary.get("label_words") or "no event in the horizon"),
            who=str(summary.get("who") or "leavers"),
            verb=str(summary.get("verb") or "leave"),
            rate=str(summary.get("rate_words") or "churn rate"),
            days=int(settings["bin_days" if bins else "horizon_days"]),
            bins=(int(bins[0]), int(bins[1])) if bins else None,
        )

    @property
    def is_silence(self) -> bool:
        """Whether leaving is silence, so that who is silent has mostly left already."""
        return self.verb == "leave"

    @property
    def is_detection(self) -> bool:
        """Whether the outcome reaches into the days that the features see (K45)."""
        return self.bins is not None and self.bins[0] < 1

    def measured_from(self, day: date | str) -> str:
        """What came true from a cutoff on: "cancelled in the 14 days from 2018-11-19"."""
        if self.bins:
            return f"{self.words}; bins of {self.days} days on each user's own clock, as of {day}"
        return self.words.replace("the horizon", f"the {self.days} days from {day}")

    @property
    def span(self) -> str:
        """How far ahead it looks, in words."""
        if self.bins:
            return f"bins of {self.days} days on each user's own clock"
        return f"{self.days} days"

    def promised(self, cutoff: date, in_words: Any) -> str:
        """What a list made at ``cutoff`` says of the days after it; ``in_words`` writes a day."""
        if self.bins:
            return (
                f"who is likeliest to {self.verb}. The days run on each user's own clock, in bins "
                f"of {self.days} from the registration; the features describe the last bin that "
                f"was over, and what is foretold is: {self.words}"
            )
        last = in_words(cutoff + timedelta(days=self.days - 1))
        if self.is_silence:
            return f"who will do nothing from then to {last}"
        return f"who will {self.verb} from then to {last}"

    def window(self, cutoff: date) -> tuple[date, date]:
        """The days ``[start, end)`` of the outcome.

        On own clocks those of a user whose bin ends at the cutoff; the others are earlier, by
        less than a bin.
        """
        first, last = self.bins or (1, 1)
        return (
            cutoff + timedelta(days=(first - 1) * self.days),
            cutoff + timedelta(days=last * self.days),
        )
