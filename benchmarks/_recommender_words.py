"""The words of docs/recommender-benchmarks.md; `_recommender_page.py` puts the figures in."""

HEAD = """# Recommenders, measured

Every recommender of Tenuto on public sets of listening. Settings are never chosen on what is asked
for in the end: the run below is of the defaults, chosen on inner splits of what was known, on one
split (`--splits 1 --trials 1`; without these, settings are searched on the inner split of five).
Candidates are all items of the set, not a sample of them. Intervals are 95 %, from drawing users
again; differences are paired, user by user, and bold where the interval lies above 0. All figures
of this page are written by

```console
$ python benchmarks/recommenders.py --data ../shared/data --splits 1 --trials 1
$ python benchmarks/als_speed.py
$ python benchmarks/recommend_at_size.py WORKSPACE
```

None of these sets has Music Box's listeners: choose by the shape of the tables, and run
`tenuto recommend compare` on your own log.
[Which recommender when](how-to/which-recommender-when.md) says what to take.
"""

COUNTS_WORDS = {
    "hetrec": {
        "main": "ndcg@100",
        "heading": "## Last.fm 2K: which artists else?",
        "text": """\
HetRec 2011: {n_users:,} listeners and how often they played each of their 50 most played artists.
A random fifth of each listener's artists is hidden (seed 42) and asked for: {n_known:,} pairs are
known, of {n_items:,} artists, and {n_asked:,} asked for, of {n_judged:,} listeners. Some of those
are artists whom nobody has in what is known, and no list can have them. Coverage and the top 1 %
are of all {n_catalogue:,} artists of the set. Heard artists are hidden from lists. There is no time
here: a good score says that a list fits the taste, not that its songs come next. "As seeds" is what
the earlier projects did: raw play counts, and the mean of three lists.""",
        "gaps": "The blend minus every other row:",
        "splits": "The same settings on five splits (seeds 42 to 46), mean ± standard deviation:",
        "settings": "What a search on the inner split (seed 43) settled on; `{}` is the "
        "defaults, kept where nothing was better beyond noise:",
    },
    "movielens": {
        "main": "ndcg@10",
        "heading": "## MovieLens 100K: the table of others",
        "text": """\
Films, not music; here because many have published on it. A quarter of each film's ratings is asked
for (seed 42; the split of the `recommenders` package's table, every rating counts as liked):
{n_known:,} ratings known, {n_asked:,} asked for, {n_judged:,} people. Their best is 0.475 (BiVAE,
on a GPU); their best RMSE, of an SVD, comes with 0.096.""",
        "gaps": "The blend minus every other row:",
        "splits": "The same settings on five splits (seeds 42 to 46), mean ± standard deviation:",
        "settings": "Settings:",
    },
}

LISTENING_WORDS = {
    "thirty_music": {
        "heading": "## 30Music: what comes in the next 14 days?",
        "text": """\
Listening of 2014, a thin sample: {n_plays:,} plays of {n_items:,} songs by {n_users:,} listeners
are known, about 15 songs for most. {how} Only a few of the songs that come had been heard before:
this is a set about discovery.""",
    },
    "xiami": {
        "heading": "## Xiami: what comes next in the sequence?",
        "text": """\
{n_plays:,} plays of {n_items:,} songs by {n_users:,} listeners in their order. {how} Nearly half of
what comes had been heard before.""",
    },
}

SPEED_WORDS = {
    "als": {
        "heading": "## Seconds per iteration of ALS",
        "command": "python benchmarks/als_speed.py",
        "text": """\
{n_pairs:,} invented pairs of {n_users:,} users and {n_items:,} items, popularity as in Zipf's law,
{n_factors} factors, {n_threads} threads. Solvers take turns in one process, {repeats} times; a
second per iteration is the difference of a longer and a shorter fit, over the iterations between,
and here the median of that.""",
    },
    "exact": {
        "heading": "## Exact lists for everybody",
        "command": "python benchmarks/als_speed.py --only exact",
        "text": """\
The best {k} of {n_items:,} songs by inner product, {n_factors} factors, for {n_users:,} listeners,
in blocks, nothing left out. Opponents are timed on fewer listeners and scaled up.""",
    },
    "at_size": {
        "heading": "## A whole service",
        "command": "python benchmarks/recommend_at_size.py WORKSPACE --listeners 60000",
        "text": """\
An invented Music Box of {n_listeners:,} listeners and {n_plays:,} plays, summed by day beforehand:
from these sums to saved lists of {k} for everybody, in a process of its own. Then one new play of
one listener, until the next answer ({n_songs:,} songs).""",
    },
}
