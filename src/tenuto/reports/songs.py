"""What is hot, what each listener is told to hear next, and how good such lists would have been."""

from __future__ import annotations

from tenuto.catalogue import Catalogue
from tenuto.lists._chosen import AUTO, STRONGEST, in_words
from tenuto.reports._judged_lists import answer, judged_table, who
from tenuto.reports._parts import Column, Paragraph, Part, Table
from tenuto.reports._results import Results
from tenuto.reports._words import (
    UNKNOWN,
    count,
    figure,
    listing,
    plural,
    spoken,
    text,
)

TITLE = "Songs"
ORDER = 90

_LISTS = Catalogue("tenuto.lists")
_CHARTS = {"week": "Hot this week", "month": "Hot this month"}


def section(results: Results) -> list[Part]:
    """Lists for everyone in a sentence, the charts, and the judgement."""
    return [_lists(results), *_charts(results), *judgement(results)]


def _lists(results: Results) -> Paragraph:
    summary = results.recommend
    rungs = [f"{spoken(name)} {count(n)}" for name, n in sorted(summary["rungs"].items())]
    labels = [_LISTS.get(name).LABEL for name in summary["lists"]]
    words = (
        f"{plural(summary['n_listeners'], 'listener')} have lists ({listing(labels)}): "
        f"{plural(summary['n_rows'], 'row')} in recommend/recommendations.csv, with reasons. "
        f"{_whose(results)}"
    )
    words += f" Listeners with a song for each reason: {listing(rungs)}." if rungs else ""
    return Paragraph(words)


def _whose(results: Results) -> str:
    """Which recommender new songs are from; why it is not the strongest, where it was not asked."""
    summary = results.recommend
    if results.settings["recommend"]["model"] == AUTO and summary["model"] != STRONGEST:
        return in_words(summary["model"], summary["n_listeners"])
    return f"New songs are from {spoken(summary['model'])}."


def _charts(results: Results) -> list[Part]:
    hot = results.recommend_table("hot")
    if hot.empty:
        return [Paragraph("Nothing was played in the last days, so nothing is hot.")]
    has_downloads = bool(hot["n_downloads"].any())
    columns = [
        Column("Rank", is_number=True),
        Column("Title", wraps=True),
        Column("Artist", wraps=True),
        Column("Listeners", is_number=True),
        Column("Plays", is_number=True),
        *([Column("Downloads", is_number=True)] if has_downloads else []),
        Column("Score", is_number=True),
    ]
    counted = ["played", *(["downloaded and searched for"] if has_downloads else [])]
    note = (
        f"Score: how much its listeners like it, and how often it was {', '.join(counted)}, "
        "each brought to one size and added up. Songs whose id no catalogue knows are left out."
    )
    tables = []
    for name, rows in hot.groupby("list", sort=False):
        cells = [_song(row, has_downloads) for row in rows.sort_values("rank").to_dict("records")]
        tables.append(Table(_CHARTS.get(str(name), str(name)), columns, cells, note))
        note = ""
    return [*tables]


def _song(row: dict, has_downloads: bool) -> list[str]:
    title = text(row["title"])
    return [
        count(row["rank"]),
        f"item {row['item_id']}" if title == UNKNOWN else title,
        text(row["artist"]),
        count(row["n_listeners"]),
        count(row["n_plays"]),
        *([count(row["n_downloads"])] if has_downloads else []),
        figure(row["score"], 2),
    ]


def judgement(results: Results) -> list[Part]:
    """How good such lists would have been, or why that cannot be said yet."""
    metrics = results.recommend_table("metrics", is_needed=False)
    judged_at = results.recommend.get("judged_at")
    if metrics.empty:
        why = (
            "nobody came back who had a list"
            if judged_at
            else f"the log does not reach {plural(results.horizon_days, 'day')} past any cutoff"
        )
        return [Paragraph(f"How good the lists are cannot be said yet: {why}.")]
    made = (
        f"Lists of {int(metrics['k'].iloc[0])} made before {judged_at}, held against the "
        f"{results.horizon_days} days from it on."
    )
    return [answer(metrics), judged_table(metrics, made), *who(metrics)]
