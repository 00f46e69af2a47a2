"""The mean score 1 to 5 of the user's plays by share heard; 5 if downloaded.

A play of under 20 % of the song scores 1, under 40 % 2, under 60 % 3, under 80 % 4, others 5;
the mean is rounded, half up. Plays whose share is unknown are left out of the mean; where no
play has a known share the score is 3. A skip scores 1, so 1 is not liking but the
opposite (K36): models that take every value for evidence of liking should know.

Source: S2-Q1.
"""

from tenuto.preferences._sums import pair_sums

LABEL = "Best of play score and download"
SCALE = "1 to 5; 5 is played to the end or downloaded, 1 is skipped"

DOWNLOADED = 5.0


def preferences(past, window_days):
    """``user_id``, ``item_id``, ``preference`` one of 1, 2, 3, 4, 5."""
    sums = pair_sums(past, window_days)
    # Not round(): engines and languages differ on what becomes of a half.
    play_score = (sums.score_mean + 0.5).floor().cast("float64")
    preference = (sums.n_downloads > 0).ifelse(DOWNLOADED, play_score)
    return sums.select("user_id", "item_id", preference=preference)
