"""From a finished run to answers that can be looked up, put in place whole."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from tenuto import engines, sources
from tenuto.errors import SettingsError, WorkspaceError
from tenuto.events.lake import Lake
from tenuto.lists._curves import Curves
from tenuto.lists._desk import NEAR, OWN, Desk
from tenuto.lists._device_context import ContextSettings
from tenuto.lists._devices import usual_devices
from tenuto.lists._popular import Popular
from tenuto.lists._reranked import Reranker
from tenuto.lists._shares import repeat_share
from tenuto.lists._shown import days_remembered, shown_before
from tenuto.preferences._journal import Journal
from tenuto.privacy import read_table
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._interactions import ITEM_SUMS, Interactions
from tenuto.record import code_digest, digest_of, digest_of_file, write_json
from tenuto.serving._counter import write_counter
from tenuto.serving._hours import hours_prior
from tenuto.serving._people import people, words_of_actions, words_of_reasons
from tenuto.serving._run import Run
from tenuto.serving._shelf import FORMAT, MANIFEST, Shelf
from tenuto.serving._tables import write_answers
from tenuto.shapes import Publication
from tenuto.timeline import Past, Timeline
from tenuto.workspace import Workspace

#: Publications that are kept, so that there is something to go back to.
KEEP = 5


def publish(
    workspace: Workspace, day: date | str | None = None, *, keep: int = KEEP
) -> Publication:
    """Serve the answers of the run at ``day``, by default the latest finished one.

    Readers see the old answers or the new ones, never half of them. Where the newest publication
    was made of the same results, it is taken as it is.

    Parameters
    ----------
    keep : publications that stay, the new one among them

    Raises
    ------
    WorkspaceError : if there is no such run, or another process is writing
    SettingsError : if ``keep`` is below 1
    """
    if keep < 1:
        raise SettingsError(f"keep is {keep}", mend="keep at least one publication")
    shelf = Shelf(workspace)
    with workspace.lock(), shelf.lock():
        run = Run.find(workspace, day)
        made_of = digest_of(_made_of(run))
        name = next(iter(shelf.names()), None)
        if name is None or not _is_of(shelf, name, made_of):
            name = _made(run, shelf, made_of)
        shelf.point_at(name)
        shelf.keep(keep)
        return shelf.described(name)


def _is_of(shelf: Shelf, name: str, made_of: str) -> bool:
    try:
        return shelf.described(name).made_of == made_of
    except WorkspaceError:
        return False


def _made_of(run: Run) -> dict[str, Any]:
    """All that answers depend on, as digests."""
    steps = [run.folder / step / "step.json" for step in ("churn", "recommend", "retention")]
    timeline = _timeline(run.workspace)
    before = [file.parent / "step.json" for file in run.histories()]
    return {
        "format": FORMAT,
        "day": run.day,
        "steps": [digest_of_file(step) for step in (*steps, *before) if step.exists()],
        "rollups": timeline.digests(),
        "code": code_digest(),
    }


def _made(run: Run, shelf: Shelf, made_of: str) -> str:
    name = shelf.next_name(run.day)
    aside = shelf.root / f"{name}.aside"
    for left in shelf.root.glob("*.aside"):
        shutil.rmtree(left, ignore_errors=True)
    try:
        (aside / "fold").mkdir(parents=True)
        about = _write(run, aside)
        manifest = {
            "format": FORMAT,
            "day": run.day,
            "made_of": made_of,
            "about": about,
            # What was said by then: all later words are news to this publication.
            "last_word": Journal(run.workspace.root).last(),
            "recommended_at": (run.folder / "recommend" / "step.json").stat().st_mtime,
            "files": digests(aside),
        }
        write_json(aside / MANIFEST, manifest)
        shelf.put(name, aside)
    except (OSError, sqlite3.OperationalError, duckdb.IOException) as failure:
        why = getattr(failure, "strerror", None) or failure
        raise WorkspaceError(
            f"cannot write {aside}: {why}",
            mend="free some space or check the permissions of the folder, then publish again: "
            "what was published before is served",
        ) from failure
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return name


def _write(run: Run, folder: Path) -> dict[str, Any]:
    settings, model = run.settings.recommend, run.model
    with ExitStack() as stack:
        engine = stack.enter_context(
            engines.open_engine(run.workspace.settings.engine, run.workspace.scratch)
        )
        past = _timeline(run.workspace).past(engine, run.day)
        device = usual_devices(past, settings.window_days)
        desk = _desk(run, past, device)
        hours = hours_prior(past, desk.interactions.item_ids, settings.window_days)
    users = _users(run, model)
    listeners = people(run, users, device)
    write_answers(run, folder / "answers.sqlite", listeners, model, run.models[NEAR])
    write_counter(desk, model.histories_of(users), folder / "fold", k=settings.k, hours=hours)
    return _about(run, listeners, desk, hours is not None)


def _users(run: Run, model: Recommender) -> pd.Index:
    """Everybody of whom anything is known, ascending."""
    listed = pd.Index(pd.read_parquet(run.lists_file, columns=["user_id"])["user_id"].unique())
    scored = run.table("churn/churn_scores.parquet").get("user_id", pd.Series(dtype=object))
    both = {*model.user_ids.tolist(), *listed.tolist(), *scored.tolist()}
    return pd.Index(sorted(both))


def _desk(run: Run, past: Past, device: pd.Series) -> Desk:
    """The desk that the lists of the run were asked for at, from its saved models.

    Models know the taste for the most heard songs alone (``max_items``), so of rarer ones the
    re-ranking does not know what they are like.
    """
    settings, model = run.settings.recommend, run.model
    interactions = _interactions(model)
    context = run.said("recommend/context.json")
    prior = None
    if context:
        # NaN, of what was not tried, is null in the file.
        known = {name: value for name, value in context.items() if value is not None}
        prior = ContextSettings(**known).prior(past, model.item_ids, settings.window_days)
    remembered = days_remembered(settings.reranking)
    shown = shown_before(run.folder.parent, run.day, remembered) if remembered else None
    artists = run.items.set_index("item_id")["artist"]
    return Desk(
        interactions,
        model,
        run.models[NEAR],
        run.models[OWN],
        Popular(interactions, device),
        settings.min_items,
        Reranker(interactions, settings.reranking, artists, shown, prior),
        Curves.of_dict(run.said("recommend/curves.json")),
        repeat_share(interactions.histories),
        device,
        pd.Series(dtype=float),
        settings.lean_to_familiar,
        settings.mix_share,
    )


def _interactions(model: Recommender) -> Interactions:
    """What a model remembers of what it was fitted on; sums per item are not asked for here."""
    assert model.cutoff is not None
    n_items = len(model.item_ids)
    return Interactions(
        model.cutoff,
        model.window_days,
        model.preference,
        model.user_ids,
        model.item_ids,
        model._known(),
        pd.DataFrame({name: np.zeros(n_items, dtype=np.int64) for name in ITEM_SUMS}),
    )


def _about(run: Run, listeners: pd.DataFrame, desk: Desk, has_hours: bool) -> dict[str, Any]:
    churn, retention = run.churn, run.retention
    return {
        "day": run.day,
        "source": run.settings.source.name,
        "n_listeners": len(listeners),
        "n_scored": int(listeners["probability"].notna().sum()),
        "n_called": int(listeners["in_campaign"].sum()),
        "n_items": len(desk.interactions.item_ids),
        "horizon_days": churn.horizon_days,
        "label": churn.label,
        "label_words": churn.label_words,
        "who": churn.who,
        "verb": churn.verb,
        "rate_words": churn.rate_words,
        "model": churn.model,
        "recommender": desk.model.name(),
        "preference": desk.interactions.preference,
        "lists": list(run.recommend.lists),
        "songs_per_list": run.settings.recommend.k,
        "campaign": retention.campaign,
        "actions": words_of_actions(),
        "reasons": words_of_reasons(),
        "devices": [name for name in desk.chart.orders if name],
        "has_hours": has_hours,
        "skipped": churn.skipped or retention.skipped,
        "charts": _charts(run.folder / "recommend" / "hot.csv", desk.interactions.item_ids),
    }


def _charts(file: Path, item_ids: pd.Index) -> dict[str, list[dict[str, Any]]]:
    texts = ["title", "artist"] + ([] if item_ids.dtype.kind in "iu" else ["item_id"])
    table = read_table(file, dict.fromkeys(texts, str))
    rows = table.astype(object).where(table.notna(), None)
    return {
        name: [
            {str(column): value for column, value in row.items()}
            for row in rows[rows["list"] == name].drop(columns="list").to_dict("records")
        ]
        for name in ("week", "month")
    }


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in ``folder`` and below, by its name from there."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {file.relative_to(folder).as_posix(): digest_of_file(file) for file in files}


def _timeline(workspace: Workspace) -> Timeline:
    return Timeline(Lake(workspace.rollups), sources.opened(workspace.settings.source).PRECISION)
