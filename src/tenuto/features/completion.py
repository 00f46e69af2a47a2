"""Which share of the song a listener plays: shares of plays by bucket, unrounded.

Below the line stand plays whose song length and seconds are known, so that the five shares
add up to 1. A listener without any such play has no shares (NULL), not five zeros (K8, K20).

Source: K9.
"""

from tenuto.features._contract import feature


def rows(past):
    """One row per user and active day."""
    return past.table("user_days")


def _share(rows, bucket, window):
    recent = rows.age_days <= window
    return rows[bucket].sum(where=recent) / rows.n_plays_with_share.sum(where=recent).nullif(0)


def _bucket(low, seed):
    name = f"n_share_{low:02d}_{low + 20}"

    @feature(unit="share", windows=(14, 30), nullable=True, needs=(name,), seeds=seed)
    def share(rows, window):
        return _share(rows, name, window)

    until = "and more" if low == 80 else f"to under {low + 20} %"
    share.__doc__ = f"Share of plays that reached {low} % {until} of the song, last {{w}} days."
    share.__name__ = f"share_played_{low:02d}_{low + 20}"
    return share


share_played_00_20 = _bucket(0, "S2-F-A1 time_percentage_0_to_20")
share_played_20_40 = _bucket(20, "S2-F-A1 time_percentage_20_to_40")
share_played_40_60 = _bucket(40, "S2-F-A1 time_percentage_40_to_60")
share_played_60_80 = _bucket(60, "S2-F-A1 time_percentage_60_to_80")
share_played_80_100 = _bucket(80, "S2-F-A1 time_percentage_larger_than_80")


@feature(unit="share", windows=(14, 30), nullable=True, needs=("share_sum",))
def mean_share_played(rows, window):
    """Mean share of the song that was played, over the last {w} days."""
    return _share(rows, "share_sum", window)
