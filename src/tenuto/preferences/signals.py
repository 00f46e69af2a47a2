"""Everything a listener did with a song: heard, finished, skipped, saved, liked; faded by age.

The sum over the signals of weight * ln(1 + signal), never below 0; a song with a dislike that
stands has 0. Each signal fades by half in ``half_life_days``, but for a like, which holds until
it is taken back (S2-W3). The logarithm tames the user with 653 plays of one song (K26). A skip
is a play of under 20 % of the song; skips weigh against it, as in arXiv 2409.07367. What a log
does not know adds nothing.

The weights are settings. The usual ones are set by hand, by what a deed costs the listener;
`learned_weights` learns them from the service's own log. The usual half-life is the one under
which real listeners' plays of the next 30 days were likeliest (30Music, windows of 30 and 90
days: 7 and 14 days; AUC of pairs 0.595 and 0.707, without fading 0.559 and 0.562).
"""

from __future__ import annotations

import ibis.expr.types as ir
import pyarrow as pa

from tenuto.errors import SettingsError
from tenuto.preferences._signals import AGAINST, SIGNALS, pair_signals
from tenuto.timeline import Past

LABEL = "Weighted signals"
SCALE = "0 and up; 1 is one whole play of yesterday, 2.4 one that was liked too"

HALF_LIFE_DAYS = 14.0


def preferences(
    past: Past,
    window_days: int,
    *,
    heard: float = 1.0,
    finished: float = 0.5,
    skips: float = -0.5,
    downloads: float = 1.0,
    playlist_adds: float = 1.0,
    likes: float = 2.0,
    half_life_days: float = HALF_LIFE_DAYS,
    feedback: pa.Table | None = None,
) -> ir.Table:
    """``user_id``, ``item_id``, ``preference`` >= 0, also of songs only liked or in a playlist.

    Raises
    ------
    SettingsError : if ``skips`` weigh above 0, another signal below, or the half-life is not
        above 0
    """
    weights = {
        "heard": heard,
        "finished": finished,
        "skips": skips,
        "downloads": downloads,
        "playlist_adds": playlist_adds,
        "likes": likes,
    }
    _check(weights, half_life_days)
    pairs = pair_signals(past, window_days, half_life_days, feedback)
    total = sum((pairs[name] * weights[name] for name in SIGNALS[1:]), pairs.heard * heard)
    is_liked = (total > 0) & ~pairs.is_disliked
    return pairs.select("user_id", "item_id", preference=is_liked.ifelse(total, 0.0))


def _check(weights: dict[str, float], half_life_days: float) -> None:
    for name, weight in weights.items():
        is_wrong = weight > 0 if name in AGAINST else weight < 0
        if is_wrong or weight != weight:
            bound = "0 or less" if name in AGAINST else "0 or more"
            raise SettingsError(
                f"the weight of {name} is {weight}", mend=f"give it {bound}, or 0 to leave it out"
            )
    if not half_life_days > 0:
        raise SettingsError(
            f"half_life_days is {half_life_days}", mend="use days above 0; inf is no fading"
        )
