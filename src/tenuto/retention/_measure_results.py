"""A measured campaign as files in ``campaigns/NAME/measured``, and its short form."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto.record import write_folder_aside, write_json
from tenuto.retention._measure import Measured
from tenuto.retention._measure_words import sentences, verdict

MEASURED = "measured"


@dataclass(frozen=True)
class About:
    """What was measured: a campaign of a workspace, or a table from elsewhere.

    span : such as "within 14 days"; empty where it is not known
    closed_on : the day after the last outcome day, in ISO form; None for a table
    n_open : listeners whose horizon has not closed yet
    """

    campaign: str
    span: str = ""
    label: str | None = None
    closed_on: str | None = None
    n_open: int = 0


@dataclass(frozen=True)
class MeasureSummary:
    """The short of a measured campaign; ``parts`` are the rows of effect.csv but the first."""

    campaign: str
    verdict: str
    sentences: list[str]
    effect: dict[str, Any]
    parts: list[dict[str, Any]]
    differs: dict[str, float]
    money: dict[str, float] | None
    contacted_share: float
    looks_random: bool
    targeting: list[dict[str, Any]]
    qini: list[dict[str, Any]]
    refusal: str | None
    label: str | None
    closed_on: str | None
    n_open: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def write_measured(found: Measured, about: About, folder: Path | None) -> MeasureSummary:
    """Write the tables and the summary to ``folder``, whole or not at all; None writes nothing."""
    summary = _summary(found, about)
    tables = _tables(found)

    def write(aside: Path) -> None:
        for name, table in tables.items():
            table.to_csv(aside / f"{name}.csv", index=False)
        write_json(aside / "summary.json", summary.to_dict())

    if folder is not None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        write_folder_aside(folder, write)
    return summary


def _tables(found: Measured) -> dict[str, pd.DataFrame]:
    everybody = pd.DataFrame([{"by": "all", "part": "all", **found.effect.to_dict()}])
    parts = [everybody, found.parts] if len(found.parts) else [everybody]
    tables = {"effect": pd.concat(parts, ignore_index=True), "balance": found.balance}
    if found.targeting is None:
        return tables
    tables |= {"qini": found.targeting.qini, "qini_curves": found.targeting.curves}
    if len(found.targeting.profits):
        tables["targeting"] = found.targeting.profits
        tables["targeting_curves"] = found.targeting.profit_curves
    return tables


def _summary(found: Measured, about: About) -> MeasureSummary:
    said = sentences(found, about.span)
    if about.n_open:
        said.append(f"{about.n_open:,} more listeners are not counted: their days are not over.")
    targeting = found.targeting
    return MeasureSummary(
        campaign=about.campaign,
        verdict=verdict(found.effect),
        sentences=said,
        effect=found.effect.to_dict(),
        parts=_records(found.parts),
        differs=found.differs,
        money=found.money,
        contacted_share=found.contacted_share,
        looks_random=not (len(found.balance) and bool(found.balance["is_odd"].any())),
        targeting=[] if targeting is None else _records(targeting.profits),
        qini=[] if targeting is None else _records(targeting.qini),
        refusal=found.refusal,
        label=about.label,
        closed_on=about.closed_on,
        n_open=about.n_open,
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
