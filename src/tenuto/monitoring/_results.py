"""All that monitoring says of one run, as files.

reference.json    histograms of the model's training rows
drift.csv         the listeners of the cutoff against them, and the events of the last day
slices.csv        the listeners of the test, by kind
reliability.csv   the reliability curve of the call list, before and after calibration
calibration.csv   its figures
model_cards/      a card per model, as Markdown and JSON
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from tenuto.engines import Engine
from tenuto.monitoring._card_text import card_text
from tenuto.monitoring._drift import Now, drift
from tenuto.monitoring._model_card import cards
from tenuto.monitoring._reference import Reference, reference_of
from tenuto.monitoring._reliability import calibration_figures, reliability_curves
from tenuto.monitoring._run import Run
from tenuto.monitoring._slices import slice_values, slices
from tenuto.monitoring._volume import volumes
from tenuto.privacy import write_table
from tenuto.record import write_json
from tenuto.settings import Settings
from tenuto.timeline import HEADLINE, Timeline


def write_monitoring(
    run_folder: Path,
    engine: Engine,
    timeline: Timeline,
    cutoff: date,
    settings: Settings,
    folder: Path,
) -> None:
    """Look at what the run in ``run_folder`` has saved, and write what is found to ``folder``.

    A run without models, or of a version that kept less, has the files that can be made of it.
    """
    run = Run(run_folder)
    if not run.has_models:
        return
    _drift(run, engine, timeline, cutoff, settings, folder)
    found = _slices(run, engine, timeline)
    if len(found):
        write_table(found, folder / "slices.csv")
    _reliability(run, settings, folder)
    for name, card in cards(run, settings, found).items():
        write_json(folder / "model_cards" / f"{name}.json", card)
        (folder / "model_cards" / f"{name}.md").write_text(card_text(card), "utf-8", newline="\n")


def _drift(
    run: Run, engine: Engine, timeline: Timeline, cutoff: date, settings: Settings, folder: Path
) -> None:
    features = run.rows("features")
    if features.empty:
        return
    now, scores = _now(run, features)
    reference = reference_of(run, engine, timeline, settings.churn, now)
    write_json(folder / "reference.json", reference.to_json())
    of_volume = volumes(timeline.past(engine, cutoff))
    seen = Now(now.drop(columns="user_id"), scores, _newcomers(run, reference))
    card = run.table("features")
    families = {} if card.empty else dict(zip(card["feature"], card["family"], strict=True))
    table = drift(reference, seen, of_volume, families, _leaned_on(run))
    table.to_csv(folder / "drift.csv", index=False)


def _now(run: Run, features: pd.DataFrame):
    """Features and scores of those active before the cutoff, in one order."""
    scores = run.rows("churn_scores")
    score = "score" if "score" in scores else "probability"
    active = scores.loc[scores[f"is_{HEADLINE}"].astype(bool), ["user_id", score]]
    rows = active.merge(features, on="user_id", validate="one_to_one").sort_values("user_id")
    return rows.drop(columns=score).reset_index(drop=True), rows[score].to_numpy()


def _newcomers(run: Run, reference: Reference) -> int:
    """Active listeners first seen since the newest training cutoff."""
    scores = run.rows("churn_scores")
    newest = max(reference.cutoffs, default=str(run.cutoff))
    is_new = pd.to_datetime(scores["first_day"]) >= pd.Timestamp(newest)
    return int((is_new & scores[f"is_{HEADLINE}"].astype(bool)).sum())


def _leaned_on(run: Run) -> frozenset[str] | None:
    """Families without which the model of the list is worse, beyond chance."""
    table = run.table("importances")
    if table.empty or table["low"].isna().all():
        return None
    return frozenset(table.loc[table["low"] > 0, "group"].astype(str))


def _slices(run: Run, engine: Engine, timeline: Timeline) -> pd.DataFrame:
    test = run.rows("test_scores")
    if test.empty or f"probability_{run.model}" not in test:
        return pd.DataFrame()
    day = date.fromisoformat(str(run.summary.test_cutoff))
    values = slice_values(timeline.past(engine, day), test)
    return slices(test, values, run.model)


def _reliability(run: Run, settings: Settings, folder: Path) -> None:
    test = run.rows("test_scores")
    curves = reliability_curves(test, run.model) if len(test) else pd.DataFrame()
    if curves.empty:
        return
    curves.to_csv(folder / "reliability.csv", index=False)
    figures = calibration_figures(
        test, run.model, settings.random_state, settings.churn.bootstrap_draws
    )
    figures.to_csv(folder / "calibration.csv", index=False)
