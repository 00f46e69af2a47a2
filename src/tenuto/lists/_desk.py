"""Where lists are asked for: the fitted recommenders, and what is known of every listener."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from tenuto.lists._asked import Asked
from tenuto.lists._chosen import settled
from tenuto.lists._curves import Curves
from tenuto.lists._made import Made, filled
from tenuto.lists._popular import Popular
from tenuto.lists._reranked import Reranker
from tenuto.lists._shares import repeat_share
from tenuto.lists._touched import Touched
from tenuto.lists._updates import EarlierRun
from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._context import ContextPrior
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._inner import InnerSplit, part_of
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._of_members import OfMembers
from tenuto.settings import RecommendSettings

#: For listeners of whom one to four songs are known.
NEAR = "item_knn"
#: For a listener's own songs.
OWN = "replay"
#: Listeners that a model of its own learns of songs from: 3 times what `auto` lets a blend learn
#: from, and 5 million pairs in the service that this was measured in. Arbitrary.
MAX_LEARNERS = 150_000


@dataclass(frozen=True)
class Desk:
    """The recommenders that lists are drawn from.

    model : for listeners of whom enough is known
    near_model : for those of whom little is
    replay : for own songs
    curves : how likely each place of own and new songs is to be played
    repeat_share : of all plays of all listeners, those of a song played before
    device : by user_id, the one each uses most
    risk : by user_id, 0 to 1; empty where nothing is known of churn
    lean : how far the Mix of a listener of risk 1 leans to own songs, 0 to 1
    mix_share : "likely" or "own", see `tenuto.lists.mix`
    touched : to whom something has happened since an earlier run; None after a full fit
    """

    interactions: Interactions
    model: Recommender
    near_model: Recommender
    replay: Recommender
    chart: Popular
    min_items: int
    reranker: Reranker
    curves: Curves
    repeat_share: float
    device: pd.Series
    risk: pd.Series
    lean: float
    mix_share: str
    touched: Touched | None = None

    @classmethod
    def fit(
        cls,
        interactions: Interactions,
        settings: RecommendSettings,
        *,
        device: pd.Series | None = None,
        risk: pd.Series | None = None,
        artists: pd.Series | None = None,
        shown: pd.DataFrame | None = None,
        tuned: Mapping[str, Mapping[str, Any]] | None = None,
        inner: InnerSplit | None = None,
        taught: Recommender | None = None,
        curves: Curves | None = None,
        prior: ContextPrior | None = None,
        earlier: EarlierRun | None = None,
    ) -> Desk:
        """All recommenders fitted.

        Parameters
        ----------
        artists : by item_id, who sings
        shown : what earlier lists showed, see `Reranker`
        tuned : recommender -> settings found by a search
        inner : where a model of several members learns whom to trust; see `blend`
        taught : a model of the same kind that has learned that already
        earlier : its models are updated in place of a fit
        """
        settings = settled(settings, lambda: len(interactions.user_ids))
        learned_from = interactions.of_most_heard(settings.max_items)
        updated = None if earlier is None else earlier.updated(learned_from)
        if updated is not None:
            fitted: Mapping[str, Recommender] = updated.models
        else:
            fitted = {
                name: fitted_on(learned_from, name, tuned or {}, inner, taught)
                for name in dict.fromkeys([settings.model, NEAR, OWN])
            }
        return cls(
            interactions,
            fitted[settings.model],
            fitted[NEAR],
            fitted[OWN],
            Popular(interactions, device),
            settings.min_items,
            Reranker(interactions, settings.reranking, artists, shown, prior),
            curves or Curves.usual(),
            repeat_share(interactions.histories),
            pd.Series(dtype=object) if device is None else device,
            pd.Series(dtype=float) if risk is None else risk,
            settings.lean_to_familiar,
            settings.mix_share,
            None if updated is None else updated.touched,
        )

    def with_prior(self, prior: ContextPrior | None) -> Desk:
        """The same, with what suits the moment."""
        return replace(self, reranker=self.reranker.with_prior(prior))

    def models(self) -> dict[str, Recommender]:
        """Every recommender by its name."""
        return {model.name(): model for model in (self.model, self.near_model, self.replay)}

    def asked(self, users: pd.Index) -> Asked:
        """What is known of ``users``, of the fit."""
        return Asked.of(
            users,
            self.model.histories_of(users),
            self.interactions.window_days,
            self.device,
            self.risk,
        )

    def asked_with(self, pairs: pd.DataFrame) -> Asked:
        """Listeners, known or not, with the histories in ``pairs`` (see `recommend_new`)."""
        users = pd.Index(pairs["user_id"].unique())
        histories = self.model.histories_in(pairs, users)
        return Asked.of(users, histories, self.interactions.window_days, self.device, self.risk)

    def for_you(self, asked: Asked, k: int) -> Made:
        """New songs from the model, re-ranked as the settings say."""
        return self.reranker.best(self.model, asked, k, "for_you")

    def near(self, asked: Asked, k: int) -> Made:
        """New songs near the few that are known of a listener."""
        return self.reranker.best(self.near_model, asked, k, "near")

    def filled_up(self, begun: Made, asked: Asked, k: int) -> Made:
        """With what others hear and the listener has not heard, as far as the settings allow."""
        depth = self.reranker.depth(k)
        both = filled(begun, self.chart.top(asked, depth), k + depth)
        return self.reranker.as_promised(both, asked, k)


def learners_of(interactions: Interactions) -> Interactions:
    """At most `MAX_LEARNERS` of the listeners, drawn by chance and always the same ones.

    What songs have to do with each other they tell as well as all do. The others are placed
    among the songs when they ask.
    """
    n = len(interactions.user_ids)
    if n <= MAX_LEARNERS:
        return interactions
    drawn = np.random.default_rng(15).choice(n, MAX_LEARNERS, replace=False)
    return part_of(interactions, np.sort(drawn))


def is_of_members(name: str) -> bool:
    """Whether the recommender is made of others, and learns whom of them to trust."""
    return issubclass(CATALOGUE.get(name).Model, OfMembers)


def fitted_on(
    interactions: Interactions,
    name: str,
    tuned: Mapping[str, Mapping[str, Any]],
    inner: InnerSplit | None = None,
    taught: Recommender | None = None,
) -> Recommender:
    """The member ``name``, and those it is made of, with the settings of ``tuned``.

    One made of others learns whom to trust on ``inner``, or from ``taught``.
    """
    kind = CATALOGUE.get(name).Model
    model: Recommender = kind(**tuned.get(name, {}))
    if not isinstance(model, OfMembers):
        return model.fit_from(learners_of(interactions), interactions)
    made: OfMembers = model
    found = {member: dict(tuned.get(member, specs)) for member, specs in made.specs.items()}
    if name not in tuned and found != made.specs:
        made = kind(members=found)
    if isinstance(taught, OfMembers) and taught.name() == name:
        return made.fit_as(interactions, taught)
    return made.fit(interactions, inner)
