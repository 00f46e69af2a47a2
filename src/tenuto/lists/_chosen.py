"""Which recommender new songs are drawn from, where the settings leave it open.

The blend is the strongest, and takes its time and memory: 402 s and 6.8 GB for 48,008 listeners
and lists of 50, on one thread; its strongest quick member 147 s and 3.4 GB (invented Music Box
log, seed 1). Both grow with the listeners, so that the blend of half a million would take more
than an hour, and more memory than a small machine has.
"""

from __future__ import annotations

from collections.abc import Callable

from tenuto.settings import RecommendSettings

AUTO = "auto"
STRONGEST, QUICK = "blend", "ials"
#: Listeners up to whom the blend is taken; the largest service in which it was measured.
MOST_LISTENERS = 50_000


def settled(settings: RecommendSettings, n_listeners: Callable[[], int]) -> RecommendSettings:
    """The same, with the name of a recommender in place of "auto"; only then are they counted."""
    if settings.model != AUTO:
        return settings
    return settings.model_copy(update={"model": chosen_for(n_listeners())})


def chosen_for(n_listeners: int) -> str:
    """What "auto" stands for in a service of so many."""
    return STRONGEST if n_listeners <= MOST_LISTENERS else QUICK


def in_words(model: str, n_listeners: int) -> str:
    """Why "auto" came to ``model`` and not to the strongest, in a sentence."""
    return (
        f"New songs are from '{model}' alone: with {n_listeners:,} listeners, more than "
        f"{MOST_LISTENERS:,}, '{STRONGEST}' would take several times as long. "
        f'Set recommend.model = "{STRONGEST}" to have it all the same.'
    )
