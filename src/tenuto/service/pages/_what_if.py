"""What the campaign would have brought at the test, had other values been assumed."""

from __future__ import annotations

import pandas as pd

from tenuto.reports._parts import Paragraph, Part
from tenuto.reports._results import Results
from tenuto.reports.profit import under_other_assumptions
from tenuto.retention._profit import profit_at_the_test
from tenuto.service.pages._assumptions import Assumptions

#: More listeners than this are drawn by chance, so that the answer comes within a second or two.
_AT_MOST = 50_000


def what_if(results: Results, asked: Assumptions) -> list[Part]:
    """The answer, the curves and the figures of the report, worked out anew."""
    file = results.folder / "churn" / "test_scores.parquet"
    if not results.has_model or not file.exists():
        return [Paragraph("There is no model in this run, so nothing can be said of its profit.")]
    scores = pd.read_parquet(file)
    scores = scores[scores["is_active_14d"].astype(bool)]
    drawn = scores.sample(min(len(scores), _AT_MOST), random_state=0).sort_index()
    seed = int(results.settings["random_state"])
    curves, figures = profit_at_the_test(drawn, results.model, asked.settings(results), seed)
    parts = under_other_assumptions(results, curves, figures, int(asked.capacity))
    if not parts:
        return [Paragraph("Nobody was active at the test, so there is nobody to contact.")]
    return [*_if_drawn(len(drawn), len(scores)), *parts]


def _if_drawn(n_drawn: int, n_all: int) -> list[Part]:
    if n_drawn == n_all:
        return []
    return [
        Paragraph(
            f"Worked out for {n_drawn:,} of the {n_all:,} active listeners of the test, drawn by "
            "chance: sums are of these alone."
        )
    ]
