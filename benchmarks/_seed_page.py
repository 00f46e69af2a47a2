"""The words of docs/seed-figures.md; `seed_figures.py` puts the figures in."""

PAGE = """# What the earlier projects' 0.906 says

Five projects came before Tenuto; three of them report an AUC of about 0.9 for foretelling who
leaves Music Box. Their data cannot be had any more, so here is the same question on invented logs
of the same shape, where the right answer is known: {n_listeners:,} listeners who were seen in the
30 days before {cutoff}, asked whether anything of theirs comes in the {horizon} days after.

This page is written by `python benchmarks/seed_figures.py WORKSPACE` ({n_made} invented listeners,
44 days, seed {seed}); anyone can run it again.

## The seeds' way

One cutoff, a fifth of the listeners held out, everybody judged, whether still there or long gone.

{seeds}
The invented listeners are not theirs, and models are fitted as Tenuto does it, not tuned to come
near: look at the shape, not at the third digit.

## The same models, asked fairly

*Forward* trains on other listeners, at cutoffs whose outcome was known by then ({first} to
{last}). In brackets are 95% intervals, from drawing listeners anew.

{fair}
![AUC falls when only listeners who can still be kept are asked](seed-figures.svg)

The dashed line is the best published figure, 0.9062.

## Why 0.906 says little

* **{silent:.0%} of those judged had been silent for 14 days already**, as long as the label looks
  ahead. "Away for two weeks, will stay away" is nearly always right, and nobody can be kept by it.
  Recency alone, one number per listener and no model at all, reaches {rule_all:.3f} among
  everybody.
* **The distance to that rule is the model's own work**: {gain_all:+.3f} among everybody for
  {best}. Read any AUC beside it.
* **Among the listeners active in the last 14 days the same model has {best_14:.3f}**, and
  {best_7:.3f} among those active in the last 7. Nothing about the model has changed. These are the
  ones whom a message can reach, and of them {rate_14:.0%} leave, not {rate_all:.0%}.
* **The model is not weak.** Who knows exactly how these logs were made, and sees the same days,
  reaches {truth_14:.3f} and {truth_7:.3f} there: much of what decides about leaving is in no log.
* **The seeds' differences are noise.** With 11,686 listeners in a test an AUC of 0.9 has a standard
  error of 0.0027; 0.9062, 0.9040 and 0.9036 are one result. Here the random forest and the boosted
  trees, asked the seeds' way, are {apart:.3f} apart.
{protocol}
What to use instead: the column "active 14 days", forward, with the recency rule beside it. See
[Why your AUC is too good](how-to/why-your-auc-is-too-good.md) for your own service.
"""

_FLATTERS = """\
* **Same days on both sides flatter.** The held-out fifth lives through the same holidays, outages
  and campaigns as the others, and features may look back 30 days, which no training cutoff of an
  honest test has seen. Seeds' way minus forward, {best}, everybody: {flatter:+.3f}.
"""
_HARDLY_MATTERS = """\
* **Whom one asks matters more here than how one splits.** Seeds' way minus forward, {best},
  everybody: {flatter:+.3f}. Invented listeners are the same from week to week, and forward learns
  from three cutoffs instead of one. On real logs the same step cost 0.006 (CDNOW, churn of buyers)
  and, where two ways to cut by time disagreed about what was known, 0.33 (KKBox): a split by user
  alone cannot show that.
"""


def about_protocols(best: str, flatter: float) -> str:
    """What the seeds' way of splitting changed, in words that fit the figure."""
    words = _FLATTERS if flatter > 0.003 else _HARDLY_MATTERS
    return words.format(best=best, flatter=flatter)
