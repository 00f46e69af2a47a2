"""A table study as files, its short form, and scores for another table by the models it left."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tenuto import privacy
from tenuto.churn._columns import Encoding
from tenuto.churn._contract import ChurnModel
from tenuto.churn._table import Labelled, encode, read_labels, read_table
from tenuto.churn._table_study import TableStudy
from tenuto.errors import ContractError, SettingsError, UnknownName
from tenuto.evaluation.intervals import interval
from tenuto.record import read_json, write_aside, write_folder_aside, write_json

SUMMARY_FILE, CARD_FILE = "summary.json", "table.json"
_CARD_FIELDS = {"id_column", "label", "encoding", "model", "random_state"}


@dataclass(frozen=True)
class TableSummary:
    """The short of a table study; ``notes`` are sentences for whoever reads the figures."""

    model: str
    n_rows: int
    n_used: int
    n_left: int
    columns: int
    aucs: list[dict[str, Any]]
    best_column: dict[str, Any]
    notes: list[str]
    ranking_note: str | None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class ScoreSummary:
    """Who was scored by what; ``auc`` has ``value``, ``low``, ``high``; None without labels.

    ``n_trained_on`` of the users were in the training table: their scores flatter (K13), and
    ``auc`` is of the others alone.
    """

    model: str
    n_scored: int
    mean_probability: float
    n_trained_on: int
    n_labelled: int = 0
    base_rate: float | None = None
    auc: dict[str, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def write_table_study(found: TableStudy, folder: Path) -> TableSummary:
    """Write models, figures and out-of-fold scores; the folder appears whole or not at all.

    Raises
    ------
    SettingsError : if ``folder`` holds something else
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / CARD_FILE).exists():
        raise SettingsError(f"{folder} holds other files", mend="name a new folder with --out")
    summary = _summary(found)

    def write(aside: Path) -> None:
        for name, model in found.models.items():
            model.save(aside / "models" / name)
        found.metrics.to_csv(aside / "metrics.csv", index=False)
        found.columns.to_csv(aside / "columns.csv", index=False)
        privacy.write_table(_out_of_fold(found), aside / "scores.csv")
        write_json(aside / CARD_FILE, _card(found))
        write_json(aside / SUMMARY_FILE, summary.to_dict())

    write_folder_aside(folder, write)
    return summary


def score_table(
    folder: Path,
    file: Path | str,
    out: Path,
    *,
    model: str | None = None,
    id_column: str | None = None,
    label: str | None = None,
    n_draws: int = 1_000,
) -> ScoreSummary:
    """Probabilities for every row of another table, written to ``out`` in the order of its rows.

    Columns are found by name. A word that training never saw is none of the words known.

    Raises
    ------
    ContractError : if ``folder`` was not made by `write_table_study`, or was changed since
    SourceError : if the table lacks a column of the models, or cannot be read
    UnknownName : if there is no such model in ``folder``
    """
    card = _read_card(folder)
    fitted = _load(folder, card["model"] if model is None else model.replace("-", "_"))
    table = read_table(file)
    read = read_labels(table, id_column or card["id_column"], label)
    p = fitted.predict(encode(table, Encoding.from_dict(card["encoding"])))
    scores = pd.DataFrame({"user_id": read.user_id, "probability": p})
    write_aside(out, partial(privacy.write_table, scores))
    is_known = np.isin(read.user_id.astype(str), _trained_on(folder))
    found = ScoreSummary(fitted.name(), len(scores), float(p.mean()), int(is_known.sum()))
    rng = np.random.default_rng([int(card["random_state"]), 5])
    return found if read.y is None else _judged(found, read, p, ~is_known, rng, n_draws)


def _judged(
    found: ScoreSummary,
    read: Labelled,
    p: np.ndarray,
    is_new: np.ndarray,
    rng: np.random.Generator,
    n_draws: int,
) -> ScoreSummary:
    """With the AUC of the users who have a label and are new to the models, if there are any."""
    assert read.y is not None
    rows = ~np.isnan(read.y) & is_new
    if not rows.any():
        return found
    figures = interval(read.y[rows], p[rows], read.user_id[rows], rng=rng, n_draws=n_draws)
    parts = figures.loc["auc"].to_numpy(dtype=np.float64)
    auc = dict(zip(("value", "low", "high"), map(float, parts), strict=True))
    return replace(found, n_labelled=int(rows.sum()), base_rate=float(read.y[rows].mean()), auc=auc)


def _load(folder: Path, name: str) -> ChurnModel:
    known = sorted(path.name for path in (folder / "models").glob("*"))
    if name not in known:
        raise UnknownName(f"no model '{name}' in {folder}. There are: {', '.join(known)}.")
    return ChurnModel.load(folder / "models" / name)


def _trained_on(folder: Path) -> np.ndarray:
    """The ids of the training table, as text."""
    kept = privacy.read_table(folder / "scores.csv", {"user_id": str})
    return kept["user_id"].to_numpy(dtype=str)


def _card(found: TableStudy) -> dict[str, Any]:
    settings, read = found.settings, found.prepared
    return {
        "id_column": read.id_column,
        "label": settings.label,
        "dropped": list(settings.drop),
        "left_out": [found_sum.total for found_sum in found.sums],
        "encoding": read.encoding.to_dict(),
        "sampling": settings.sampling,
        "random_state": settings.random_state,
        "model": found.model,
    }


def _read_card(folder: Path) -> dict[str, Any]:
    path = folder / CARD_FILE
    if not path.is_file():
        raise ContractError(
            f"{folder} holds no models of a table (it has no {CARD_FILE})",
            mend="tenuto churn train --table FILE --label COLUMN",
        )
    try:
        card = read_json(path)
        Encoding.from_dict(card["encoding"])
        lacking = _CARD_FIELDS - set(card)
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ContractError(f"{path} cannot be read: {problem}", mend="train again") from problem
    if lacking:
        raise ContractError(f"{path} lacks {', '.join(sorted(lacking))}", mend="train again")
    return card


def _out_of_fold(found: TableStudy) -> pd.DataFrame:
    """One row per user: the label and each model's probability by models that knew others only."""
    test = found.scored.test
    by_model = {name: found.scored.probability(name) for name in found.scored.models}
    return pd.DataFrame({"user_id": test.user_id, "label": test.y, **by_model})


def _summary(found: TableStudy) -> TableSummary:
    counts, examples = found.prepared.counts, found.prepared.examples
    labels = examples.y
    assert labels is not None
    rows = found.metrics[found.metrics["metric"] == "auc"]
    aucs = rows[["model", "value", "low", "high", "base_rate", "n_rows"]].to_dict("records")
    best = found.columns.iloc[0]
    return TableSummary(
        model=found.model,
        n_rows=counts.n_rows,
        n_used=len(examples),
        n_left=int(labels.sum()),
        columns=examples.X.shape[1],
        aucs=[{str(key): value for key, value in row.items()} for row in aucs],
        best_column={"column": str(best["column"]), "auc": float(best["auc_alone"])},
        notes=_notes(found),
        ranking_note=found.ranking_note,
    )


def _notes(found: TableStudy) -> list[str]:
    counts, notes = found.prepared.counts, []
    if counts.pseudo_users:
        shown = ", ".join(counts.pseudo_users[:5])
        notes.append(
            f"{len(counts.pseudo_users)} left out as nobody (counts no listener reaches): {shown}"
        )
    if counts.n_without_label:
        notes.append(f"{counts.n_without_label:,} rows without a label left out")
    if counts.n_duplicates:
        notes.append(f"{counts.n_duplicates:,} rows are alike in all but their id; they are kept")
    for column, why in sorted(found.prepared.encoding.unused.items()):
        notes.append(f"column '{column}' is not used: {why}")
    for telling in found.sums:
        others = ", ".join(name for name in telling.columns if name != telling.total)
        notes.append(
            f"leak, mended: '{telling.total}' with {others} adds up to the label (the sum explains "
            f"{telling.explained:.1%} of it): the leaving itself was counted. '{telling.total}' is "
            f"left out; --allow {telling.total} keeps it"
        )
    return [*notes, *found.notes]
