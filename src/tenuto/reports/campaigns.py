"""Did contacting help? Campaigns measured by their own hold-out, and whom to pick next time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto.record import read_json
from tenuto.reports._campaign_charts import effects, lists
from tenuto.reports._parts import Column, Figure, Notice, Paragraph, Part, Row, Table
from tenuto.reports._planned import money, money_between
from tenuto.reports._results import Results
from tenuto.reports._words import UNKNOWN, as_date, count, day, figure, is_known, spoken

TITLE = "Campaigns"
ORDER = 82
STEP = "campaigns"

_COLOURS = {"two_model": "main", "x_learner": "third", "risk": "rival"}
_NOTE = (
    "Held-out listeners were drawn by chance among those to be contacted; each stratum of risk is "
    "compared with itself and adjusted by the probability from before. Whoever was to be contacted "
    "counts, reached or not. Intervals: 95%."
)


@dataclass(frozen=True)
class _Campaign:
    """What `tenuto campaign measure` kept of a campaign."""

    folder: Path
    summary: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.summary["campaign"])

    def table(self, name: str) -> pd.DataFrame:
        """A table; empty where there was nothing to write."""
        file = self.folder / f"{name}.csv"
        return pd.read_csv(file) if file.exists() else pd.DataFrame()


def section(results: Results) -> list[Part]:
    """The campaigns whose days were over at the cutoff of the report; nothing without any."""
    return [part for campaign in _measured(results) for part in _parts(campaign)]


def _measured(results: Results) -> list[_Campaign]:
    """By the day on which they closed, the latest first."""
    campaigns = results.folder.parents[1] / "campaigns"
    found = [
        _Campaign(file.parent, read_json(file))
        for file in sorted(campaigns.glob("*/measured/summary.json"))
    ]
    # A page about one day must not know what came after it.
    known = [each for each in found if as_date(each.summary["closed_on"]) <= results.cutoff]
    return sorted(known, key=lambda each: str(each.summary["closed_on"]), reverse=True)


def _parts(campaign: _Campaign) -> list[Part]:
    said = campaign.summary["sentences"]
    parts: list[Part] = [
        Notice(f"Campaign {campaign.name}: {said[0]}", _tone(campaign.summary["effect"])),
        Paragraph(" ".join(said[1:])),
        _effects(campaign),
    ]
    curves = [*_kept(campaign), *_earned(campaign)]
    if curves:
        parts.append(Row(curves))
    return [*parts, _table(campaign), *_qini(campaign)]


def _tone(effect: dict[str, Any]) -> str:
    if effect["low"] > 0:
        return "good"
    return "warning" if effect["high"] < 0 else "plain"


def _effects(campaign: _Campaign) -> Figure:
    rows = _named(campaign.table("effect"))
    known = rows[rows["effect"].notna()]
    shown = known.assign(**{name: 100 * known[name] for name in ("effect", "low", "high")})
    whole = shown.iloc[0]
    says = (
        f"Among all who were to be contacted {figure(whole['effect'], 1)} points fewer left "
        f"[{figure(whole['low'], 1)}, {figure(whole['high'], 1)}]."
    ).replace("-", "−")
    closed = day(campaign.summary["closed_on"])
    title = f"Effect of campaign {campaign.name}"
    svg = effects(shown, f"effect_{campaign.name}", f"{title}. {says}")
    note = f"{_NOTE} The last outcome is from the day before {closed}."
    return Figure(f"effect_{campaign.name}", title, svg, says, note)


def _kept(campaign: _Campaign) -> list[Figure]:
    curves, qini = campaign.table("qini_curves"), campaign.table("qini")
    if curves.empty:
        return []
    curves = curves.assign(kept=1000 * curves["kept"])
    whole = qini[qini["metric"] == "qini"].to_dict("records")
    rows: dict[str, dict[Any, Any]] = {str(row["ranking"]): row for row in whole}
    best = max(rows, key=lambda name: rows[name]["value"])
    row = {name: 1000 * float(rows[best][name]) for name in ("value", "low", "high")}
    says = (
        f"Ordered by {_called(best)}, the list keeps {figure(row['value'], 1)} more of 1,000 than "
        f"one in random order, on average over where it is cut "
        f"[{figure(row['low'], 1)}, {figure(row['high'], 1)}]."
    )
    name, title = f"qini_{campaign.name}", "Kept by how many are contacted"
    svg = lists(curves, "kept", "kept, of 1,000", _COLOURS, name, f"{title}. {says}")
    note = (
        "Listeners kept per 1,000 on the list when its top share is contacted (Qini curve), each "
        "scored by models that did not know the listener. All lines meet where everybody is "
        "contacted. Intervals: bootstrap over listeners."
    )
    return [Figure(name, title, svg, says, note, _key(curves), is_wide=False)]


def _earned(campaign: _Campaign) -> list[Figure]:
    curves, rows = campaign.table("targeting_curves"), campaign.table("targeting")
    if curves.empty:
        return []
    by_name = {str(row["ranking"]): row for row in rows.to_dict("records")}
    says = "; ".join(
        f"{_called(name)} {money_between(row['profit'], row['low'], row['high'])}"
        for name, row in by_name.items()
    )
    says = f"Profit of each list, cut where it pays best for others: {says}."
    name, title = f"targeting_{campaign.name}", "Profit by how many are contacted"
    svg = lists(curves, "profit", "profit", _COLOURS, name, f"{title}. {says}")
    note = (
        "Estimated from the experiment by inverse probability, against contacting nobody, with the "
        "values and costs of the settings. The highest point of a line is hindsight; the figures "
        "in the sentence are not."
    )
    return [Figure(name, title, svg, says, note, _key(curves), is_wide=False)]


def _key(curves: pd.DataFrame) -> list[tuple[str, str]]:
    there = set(curves["ranking"])
    return [(token, _called(name)) for name, token in _COLOURS.items() if name in there]


def _table(campaign: _Campaign) -> Table:
    columns = [
        Column("Of"),
        Column("To contact", is_number=True),
        Column("Left", is_number=True),
        Column("Held out", is_number=True),
        Column("Left", is_number=True),
        Column("Points fewer left [95%]", is_number=True),
    ]
    rows = [
        [
            str(row["part"]),
            count(row["n_treat"]),
            count(row["n_left_treat"]),
            count(row["n_holdout"]),
            count(row["n_left_holdout"]),
            _points(row),
        ]
        for row in _named(campaign.table("effect")).to_dict("records")
    ]
    spent = campaign.summary["money"]
    note = "A part with fewer than 30 in a group has no figure. Counts are as they came."
    if spent:
        note += f" {money(spent['spent'])} were spent on contacts and offers taken."
    return Table(f"Campaign {campaign.name} in parts", columns, rows, note)


def _qini(campaign: _Campaign) -> list[Part]:
    qini = campaign.table("qini")
    if qini.empty:
        return []
    rows: list[list[str] | str] = []
    for ranking, figures in qini.groupby("ranking", sort=False):
        rows.append(f"List by {_called(str(ranking))}")
        rows += [
            [
                "Qini" if row["metric"] == "qini" else _top(str(row["metric"])),
                _points({"effect": row["value"], "low": row["low"], "high": row["high"]}),
            ]
            for row in figures.to_dict("records")
        ]
    columns = [Column("Figure"), Column("Points [95%]", is_number=True)]
    note = (
        "Effect of contact among the first tenth of each list, and so on; Qini: area between the "
        "curve and a random order. A list without a sense of uplift has the same effect at every "
        "depth, and a Qini of 0."
    )
    return [Table(f"Whom contact helped in campaign {campaign.name}", columns, rows, note)]


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """``part`` in words: "band high", "everybody"."""
    parts = [
        "everybody" if by == "all" else f"{by}: {spoken(str(part))}"
        for by, part in zip(table["by"], table["part"], strict=True)
    ]
    return table.assign(part=parts)


def _top(metric: str) -> str:
    return f"first {metric.removeprefix('uplift_at_')}%"


def _called(ranking: str) -> str:
    uplifts = {"x_learner": "uplift (X-learner)", "two_model": "uplift (two models)"}
    return uplifts.get(ranking, spoken(ranking))


def _points(row: dict[Any, Any]) -> str:
    if not is_known(row["effect"]):
        return UNKNOWN
    shown = [figure(100 * row[name], 1) for name in ("effect", "low", "high")]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]".replace("-", "−")
