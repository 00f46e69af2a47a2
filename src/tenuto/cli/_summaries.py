"""How the results of a run read on a terminal: the answer first, then where the rest is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenuto.cli._audit import files_in_words, lines_in_words
from tenuto.cli._output import print_places, print_table

if TYPE_CHECKING:
    from tenuto.churn._results import ChurnSummary
    from tenuto.lists._results import RecommendSummary
    from tenuto.pipeline import RunSummary
    from tenuto.retention._results import RetentionSummary


def print_run(summary: RunSummary) -> None:
    """The short of everything, and where the report and the lists are."""
    print(files_in_words(summary.ingest))
    print(lines_in_words(summary.ingest))
    print(f"Cutoff {summary.cutoff}: only days before it are known.\n")
    print(_churn_in_words(summary.churn))
    print(_lists_in_words(summary.recommend))
    places: dict[str, Path] = {"report": summary.report}
    if not summary.retention.skipped:
        print(_plan_in_words(summary.retention))
        places["call list"] = summary.folder / "retention" / "call_list.csv"
    for alarm in summary.alarms:
        print(f"Alarm: {alarm}")
    if not summary.churn.skipped:
        places["all scores"] = summary.folder / "churn" / "churn_scores.csv"
    places["songs"] = summary.folder / "recommend" / "recommendations.csv"
    places["charts"] = summary.folder / "recommend" / "hot.csv"
    print()
    print_places(places)


def print_churn(summary: ChurnSummary, results: Path) -> None:
    """Whether the model beats the trivial rule, and by how much."""
    print(f"Cutoff {summary.cutoff}: only days before it are known.")
    print(_churn_in_words(summary))
    _print_aucs(summary)
    print(f"\nEverything is in {results}")


def print_call_list(summary: ChurnSummary, listeners: list[dict[str, Any]]) -> None:
    """The top of the list: the listeners to call first."""
    if listeners:
        print(f"\nTo call first (active in the last 14 days, most likely to {summary.verb}):")
        _print_records(listeners)


def print_recommend(summary: RecommendSummary, results: Path) -> None:
    """For how many listeners there are lists, and where."""
    print(f"Cutoff {summary.cutoff}: only days before it are known.")
    print(_lists_in_words(summary))
    if summary.judged_at is None:
        print("The log is too short to judge the lists by what was played next.")
    else:
        print(f"Judged at {summary.judged_at}, by what was played after it.")
    print_places({"songs": results / "recommendations.csv", "charts": results / "hot.csv"})


def print_songs(songs: list[dict[str, Any]]) -> None:
    """The lists of one listener, each under its name."""
    from tenuto.lists import CATALOGUE

    columns = ["rank", "title", "artist", "why"]
    for number, name in enumerate(dict.fromkeys(song["list"] for song in songs)):
        print(("\n" if number else "") + CATALOGUE.get(name).LABEL)
        rows = [
            [
                song["rank"],
                song["title"] or f"item {song['item_id']}",
                song["artist"],
                song["reason"] or song["reason_code"].replace("_", " "),
            ]
            for song in songs
            if song["list"] == name
        ]
        print_table(columns, rows)


def _print_aucs(summary: ChurnSummary) -> None:
    """The models side by side, where it matters; ``metrics.csv`` has the rest."""
    from tenuto.timeline import HEADLINE

    aucs = [
        auc for auc in summary.aucs if (auc["protocol"], auc["population"]) == ("forward", HEADLINE)
    ]
    if aucs:
        where = "Among the listeners active in the last 14 days"
        print(f"\n{where}, judged on days after those learned from:")
        ranked = sorted(aucs, key=lambda auc: (-_rank_value(summary, auc), auc["model"]))
        columns = ["model", "AUC", "95% interval", summary.rate_words, "listeners"]
        print_table(columns, [[auc["model"], *_figures(auc)] for auc in ranked])


def _rank_value(summary: ChurnSummary, auc: dict[str, Any]) -> float:
    """Best first; all alike, and so by name, where there are too few to rank models by."""
    return (_or_none(auc["value"]) or 0.0) if summary.is_ranked else 0.0


def _print_records(records: list[dict[str, Any]]) -> None:
    columns = list(records[0])
    rows = [[_cell(column, record[column]) for column in columns] for record in records]
    print_table(columns, rows)


def _cell(column: str, value: Any) -> Any:
    # An id is a name, not a quantity: no thousands are set apart in it.
    if column.endswith("_id"):
        return str(value)
    # Features are floats, counts among them.
    return int(value) if column.startswith("n_") and value is not None else value


def _churn_in_words(summary: ChurnSummary) -> str:
    if summary.skipped:
        return f"No churn models: {summary.skipped}"
    judged = f"Judged at {summary.test_cutoff}, the latest day whose outcome is in the log:\n"
    return (
        f"Who {_does(summary.verb)}{_what(summary)}: {summary.n_listeners:,} listeners ranked, "
        f"{summary.n_active_14d:,} of them active in the last 14 days.\n"
        f"{'' if summary.test_cutoff == summary.cutoff else judged}{summary.verdict}"
    )


def _does(verb: str) -> str:
    """The verb as one person does it: leaves, comes back."""
    first, *rest = verb.split()
    return " ".join([f"{first}s", *rest])


def _what(summary: ChurnSummary) -> str:
    """What is foretold, where the verb does not say it."""
    if summary.bins is not None:
        return f" ({summary.label_words}; bins on each user's own clock)"
    return ""


def _lists_in_words(summary: RecommendSummary) -> str:
    lists = f"What to hear next: lists for {summary.n_listeners:,} listeners"
    if not summary.hot_this_week:
        return f"{lists}."
    return f"{lists}. Hot this week: {'; '.join(summary.hot_this_week)}."


def _plan_in_words(summary: RetentionSummary) -> str:
    """What the campaign would do, and what it rests on."""
    return (
        f"Whom to contact: {summary.n_contacted:,} of {summary.n_planned:,} listeners worth it; "
        f"the other {summary.n_held_out:,} are held out by chance, to measure it.\n"
        f"Expected worth {summary.expected_value:,.0f}, by the values, costs and chances of "
        "[retention] in tenuto.toml: they are assumptions until a campaign is measured."
    )


def _figures(auc: dict[str, Any]) -> list[Any]:
    value, low, high = (_or_none(auc[name]) for name in ("value", "low", "high"))
    interval = None if low is None or high is None else f"{low:.3f} to {high:.3f}"
    return [value, interval, _or_none(auc["base_rate"]), auc["n_rows"]]


def _or_none(number: float | None) -> float | None:
    """None where there is no figure: JSON has no NaN, and null comes back as None."""
    return None if number is None or number != number else number
