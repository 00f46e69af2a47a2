"""The benchmarks run, compare like with like, and write their pages."""

import json
import sys
from pathlib import Path

import pytest

from service import simulated, summed

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import _timing
import features
import one_more_cutoff
import scoring
import seed_figures

SLOW = pytest.mark.slow


@pytest.fixture
def polars():
    return pytest.importorskip("polars", reason="an opponent: pip install 'tenuto[bench]'")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    made = simulated(tmp_path_factory.mktemp("benchmark"), listeners=500)
    summed(made)
    return made.root


def test_a_timing_is_the_median_of_its_runs_and_keeps_the_last_result():
    results = iter(range(3))
    timing, last = _timing.timed("counting", lambda: next(results), repeats=3)
    assert last == 2
    assert timing.median_s == sorted(timing.runs_s)[1]


def test_ratios_are_to_the_timing_named():
    timings = [_timing.Timing("scan", [2.0], 1.0), _timing.Timing("other", [5.0, 3.0, 9.0], 1.0)]
    assert "| other | 5.00 | 1.00 | 2.50 |" in _timing.table(timings, "scan")


def test_an_earlier_result_is_replaced_and_others_stay(tmp_path):
    out = tmp_path / "results.json"
    for name, seconds in (("one", 1.0), ("two", 2.0), ("one", 3.0)):
        _timing.write_timings(out, name, [_timing.Timing("work", [seconds], 0.0)], {})
    found = json.loads(out.read_text("utf-8"))
    assert found["one"]["timings"][0]["median_s"] == 3.0
    assert set(found) == {"one", "two"}


@SLOW
def test_features_are_timed_beside_opponents_that_build_the_same_figures(
    polars, workspace, tmp_path
):
    out, page = tmp_path / "results.json", tmp_path / "page.md"
    small = ["--copies", "2", "--cutoffs", "2", "--spark-cutoffs", "0"]
    features.main([str(workspace), *small, "--out", str(out), "--page", str(page)])
    facts = json.loads(out.read_text("utf-8"))["features"]["facts"]
    assert facts["listeners"] > 500
    shown = page.read_text("utf-8")
    assert "| pandas, the 37 shared |" in shown
    assert "| hand-written SQL, the 37 shared |" in shown


@SLOW
def test_one_more_cutoff_is_timed_beside_a_bare_scan(workspace, tmp_path):
    out, page = tmp_path / "results.json", tmp_path / "page.md"
    asked = [str(workspace), "--repeats", "1", "--out", str(out), "--page", str(page)]
    one_more_cutoff.main(asked)
    facts = json.loads(out.read_text("utf-8"))["one_more_cutoff"]["facts"]
    assert facts["listeners"] > 250
    assert facts["columns"] > 80
    shown = page.read_text("utf-8")
    assert "| bare scan of the columns |" in shown
    assert "| features at one more cutoff, seconds | ≤ 5 |" in shown


@SLOW
def test_scoring_is_timed(workspace, tmp_path):
    out, page = tmp_path / "results.json", tmp_path / "page.md"
    small = ["--listeners", "900", "--explained", "50", "--repeats", "1"]
    scoring.main([str(workspace), *small, "--out", str(out), "--page", str(page)])
    assert "| score 900 listeners |" in page.read_text("utf-8")


@SLOW
def test_the_seeds_figures_stand_beside_honest_ones(workspace, tmp_path):
    page = tmp_path / "seed-figures.md"
    seed_figures.main([str(workspace), "--out", str(page), "--draws", "20"])
    text = page.read_text("utf-8")
    assert "| random forest | .9036 | .9040 | .9062 | 0." in text
    assert page.with_suffix(".svg").exists()
    assert "{" not in text
