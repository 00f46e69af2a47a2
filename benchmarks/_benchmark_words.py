"""What docs/benchmarks.md says of each benchmark beside its figures."""

HEAD = """# Benchmarks

Written by the commands below, each beside its opponents in one run on one machine; look at the
ratios, which travel further than seconds. "Of the processor" are the seconds that a core was kept
busy: where they are far below the seconds of the clock, the machine had other work, or the disk.
Where peak memory is shown, each run was in a process of its own, by turns with the others, and
Spark's Java is counted in; else the seconds of the processor are those of this process alone.

"""
#: name -> heading, the command, what was done, in the words of its facts.
PARTS = {
    "whole": (
        "## A whole service: raw logs to call list, recommendations and report",
        "python benchmarks/whole.py LOGS WORKSPACE --listeners 690000 --threads 2",
        "A simulated Music Box: {n_events:,} lines of log of {n_days} days, {n_listeners:,} "
        "listeners, {n_lists:,} lists of songs. {threads} threads; each engine may hold {memory}; "
        "peak memory is that of the whole process and all that it starts. On disk: {logs_gb:.1f} "
        "GB of packed logs, {lake_gb:.1f} GB of lake, {rollups_gb:.1f} GB of sums by day and "
        "{runs_gb:.1f} GB of results.",
    ),
    "ten_times": (
        "## More events in the same memory",
        "python benchmarks/ten_times.py LOGS WORKSPACE --copies 10 --threads 2",
        "The same logs once ({once[n_events]:,} lines) and {copies} times over under other ids of "
        "listeners ({large[n_events]:,} lines, {large[n_scored]:,} listeners scored), from raw "
        "logs, unpacked, to a score for everybody. "
        "{days_at_once} days at a time are made, read in and summed; then their raw logs and "
        "the rows of their events are deleted, so that a small disk is enough; that is not part "
        "of the time. {threads} threads, {memory} for each engine.{remark}",
    ),
    "ingest": (
        "## Raw logs to the lake",
        "python benchmarks/ingest.py LOGS --threads 2",
        "{events:,} lines in {files} packed files of {days} days ({packed_gb} GB), {threads} at a "
        "time. The opponents parse and write, and lose what does not parse. Tenuto mends or sets "
        "aside every such line with its reason, looks for repeated lines, keeps titles and "
        "queries apart, counts all of it and can be killed at any time.",
    ),
    "rollups": (
        "## Sums by day",
        "python benchmarks/rollups.py WORKSPACE --threads 2",
        "All sums of {events:,} events on {days} days, built anew, {threads} days side by side: "
        "{tables} tables, in the order of their keys. The hand-written SQL builds the same "
        "tables: all {rows:,} rows were compared (counts exactly, floats to 1e-9). pandas and "
        "Polars build three of the tables, one day after the other; the names of items, which "
        "Tenuto writes beside the sums, none of the others.",
    ),
    "seeds_way": (
        "## From events to features, beside the way of earlier projects",
        "python benchmarks/seeds_way.py WORKSPACE --copies 3 --cutoffs 14 --threads 2",
        "{listeners:,} listeners with {events:,} events; {columns} columns, the same figures from "
        "all. With sums by day, raw events are read once, and each cutoff costs little. The way "
        "of earlier projects is a group-by of raw events for every feature, joined one by one, "
        "again for each cutoff; timed at {few_cutoffs} and scaled. Tenuto and the hand-written "
        "SQL build all sums of a service, pandas and Polars three of them. The start of Spark is "
        "not counted.",
    ),
    "serving": (
        "## A server under load",
        "python benchmarks/serving.py --listeners 100000 --songs 50000 --mixed-s 600",
        "`tenuto serve` over {listeners:,} listeners and {songs:,} songs, asked by a program on "
        "the same machine, which takes its share of the cores, on {lines} connections, each asked "
        "again as soon as it has answered. Lists from the snapshot were made "
        "by the run. Lists with fold-in are of listeners who said something that the run does not "
        "know, each asked for once. Mixed, for {mixed_s:.0f} s: nine reads to one word, and a new "
        "run published every minute, {publishes} in all. {words_acknowledged:,} words were "
        "acknowledged, and {words_lost} of them lost; the server's own memory, "
        "in MB, was minute by minute at most {most_mb_by_minute}: while it takes up a publication "
        "it holds that one and the one before.",
    ),
    "features": (
        "## Features at many cutoffs",
        "python benchmarks/features.py WORKSPACE --copies 3 --cutoffs 14 --threads 2",
        "{listeners:,} listeners with {events:,} events, summed by day; features at {cutoffs} "
        'cutoffs, one after the other, {threads} thread(s). "The shared" are {shared_columns} '
        "columns that all opponents build, and whose figures are compared: window sums, recency, "
        "different songs.",
    ),
    "one_more_cutoff": (
        "## Features of a whole service at one more cutoff",
        "python benchmarks/one_more_cutoff.py WORKSPACE --threads 2",
        "{listeners:,} listeners, {columns} columns, built from sums by day as a study of churn "
        "builds them. {threads} threads, {memory} for each engine.",
    ),
    "scoring": (
        "## Scores and reasons",
        "python benchmarks/scoring.py WORKSPACE",
        "{columns} columns; boosting of {trees} trees, one thread. Contributions are exact, and "
        "are what reasons are made of.",
    ),
}
