"""What the profit of a campaign rests on, as the run had it and as a reader would have it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite

from starlette.datastructures import QueryParams

from tenuto.reports._planned import plan
from tenuto.reports._results import Results
from tenuto.settings import OfferSettings, RetentionSettings


@dataclass(frozen=True)
class Slider:
    """One assumption, and how far it can be moved."""

    name: str
    label: str
    low: float
    high: float
    step: float
    unit: str = ""


@dataclass(frozen=True)
class Assumptions:
    """Values in the service's money; ``saves`` and ``cost`` in percent of what the run assumed."""

    paid: float
    free: float
    contact: float
    saves: float = 100.0
    cost: float = 100.0
    capacity: float = 0.0

    @classmethod
    def of_run(cls, results: Results) -> Assumptions:
        settings = _settings(results)
        return cls(
            paid=settings.value["paid"],
            free=settings.value["free"],
            contact=settings.contact_cost,
            capacity=settings.capacity,
        )

    def changed_by(self, asked: QueryParams) -> Assumptions:
        """With what was asked for, within bounds; what is no number stays as it was."""
        found = {slider.name: _number(asked.get(slider.name), slider) for slider in sliders(self)}
        return replace(self, **{name: value for name, value in found.items() if value is not None})

    def settings(self, results: Results) -> RetentionSettings:
        """The settings of the run with these in place of its own."""
        usual = _settings(results)
        offers = {
            name: OfferSettings(
                cost=price["cost"] * self.cost / 100,
                saves=min(price["saves"] * self.saves / 100, 1.0),
            )
            for name, price in plan(results).get("prices", {}).items()
            if price["is_contact"]
        }
        return usual.model_copy(
            update={
                "value": {"free": self.free, "paid": self.paid},
                "contact_cost": self.contact,
                "offers": offers,
                "capacity": int(self.capacity),
            }
        )


def sliders(usual: Assumptions) -> list[Slider]:
    """Each around what the run assumed."""
    return [
        Slider("paid", "A paying listener who stays is worth", 0, *_reach(usual.paid)),
        Slider("free", "A free listener who stays is worth", 0, *_reach(usual.free)),
        Slider("contact", "A contact costs", 0, *_reach(usual.contact or 0.05, 20)),
        Slider("saves", "Actions keep, of what the run assumed", 0, 200, 5, "%"),
        Slider("cost", "Offers cost, of what the run assumed", 0, 200, 5, "%"),
    ]


def _reach(usual: float, times: int = 4) -> tuple[float, float]:
    """The far end, and a step of about a hundredth of it that hits the usual value."""
    usual = usual or 1.0
    return usual * times, usual / (100 // times)


def _number(value: str | None, slider: Slider) -> float | None:
    try:
        found = float(value or "")
    except ValueError:
        return None
    return min(max(found, slider.low), slider.high) if isfinite(found) else None


def _settings(results: Results) -> RetentionSettings:
    return RetentionSettings(**results.settings["retention"])
