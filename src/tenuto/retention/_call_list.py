"""The call list: one row per listener who can be reached, with why, what to do, and for whom not.

rank            the active by falling expected value, then the silent, for a win-back
user_id, as_of, horizon_days, probability, band
expected_value  of the action, in the service's money; 0 where the listener is left alone
reason_1..3     why, as a code and as a sentence (``reason_1_text``)
action          a member of actions/
song_1..5       ids and titles (``song_1_title``) that fit the first reason
group           "treat" or "holdout"; ``is_planned`` says whether contact is planned, were it
                not for the hold-out, ``contacted`` whether it is
campaign, model_version (the first digits of the SHA-256 of the models behind the scores)
stratum, is_active_14d, is_paid, value, contact_cost, offer_cost
                what the choice and the hold-out went by
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tenuto.actions._choice import choose
from tenuto.actions._people import people_of
from tenuto.actions._rules import rules_of
from tenuto.record import digest_of, digest_of_file, read_json
from tenuto.retention._bands import risk_bands
from tenuto.retention._groups import TREAT, assign_groups
from tenuto.retention._songs import fitting_songs
from tenuto.retention._value import in_order, is_planned
from tenuto.retention._why import reasons_for
from tenuto.settings import RetentionSettings

_WHO = ["rank", "user_id", "as_of", "horizon_days", "probability", "band", "expected_value"]
_GROUP = ["group", "is_planned", "contacted", "campaign", "model_version", "stratum"]
_MONEY = ["is_active_14d", "is_paid", "value", "contact_cost", "offer_cost"]


def make_call_list(
    run_folder: Path,
    folder: Path,
    memory: pd.DataFrame,
    settings: RetentionSettings,
    items: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Everybody who was scored, in the order in which to contact them.

    Parameters
    ----------
    run_folder : results of a cutoff, by whose day it is called
    folder : where reasons are kept, if the run has none yet
    memory : the groups of the campaign so far, see `_groups.remembered`
    items : names of songs, see `fitting_songs`

    Raises
    ------
    SettingsError : if a rule or an offer of the settings cannot be used
    """
    churn, cutoff = run_folder / "churn", run_folder.name
    scores = pd.read_parquet(churn / "churn_scores.parquet")
    # Its ranks are by probability; on this list a listener stands by expected value.
    scores = scores.drop(columns=["rank", "rank_active_14d"])
    people = people_of(scores, settings, n_songs=0)
    why = reasons_for(people, run_folder, folder, settings.explained)
    people = people.join(why).join(risk_bands(people))
    songs = fitting_songs(people, run_folder / "recommend", items, settings.songs)
    people["n_songs"] = _n_songs(songs, settings.songs)
    people = people.join(_chosen(people, churn, settings))
    people["group"] = assign_groups(people, memory, settings, cutoff)
    listed = in_order(people.join(songs))
    planned = is_planned(listed, settings)
    summary = read_json(churn / "summary.json")
    listed = listed.assign(
        as_of=cutoff,
        horizon_days=summary["horizon_days"],
        is_planned=planned,
        contacted=planned & (listed["group"] == TREAT),
        campaign=settings.campaign,
        model_version=model_version(churn, str(summary["model"])),
    )
    return listed[[*_WHO, *why.columns, "action", *songs.columns, *_GROUP, *_MONEY]]


def model_version(churn: Path, model: str) -> str:
    """Twelve digits of the SHA-256 of the models that scored the list, calibration included."""
    parts = churn / "folds" / model
    folder = parts if parts.is_dir() else churn / "models" / model
    files = [folder.joinpath(name) for name in sorted(_names(folder, "*.json"))]
    return digest_of([digest_of_file(file) for file in files])[:12]


def _names(folder: Path, pattern: str) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in folder.rglob(pattern)]


def _chosen(people: pd.DataFrame, churn: Path, settings: RetentionSettings) -> pd.DataFrame:
    rules = rules_of(settings.rules)
    file = churn / "features.parquet"
    if rules and file.exists():
        features = pd.read_parquet(file).set_index("user_id").reindex(people["user_id"])
        more = features[features.columns.difference(people.columns, sort=False)]
        people = people.join(more.set_axis(people.index))
    return choose(people, settings, rules)


def _n_songs(songs: pd.DataFrame, n: int) -> pd.Series:
    ids = [f"song_{number}" for number in range(1, n + 1) if f"song_{number}" in songs]
    return songs[ids].notna().sum(axis="columns")
