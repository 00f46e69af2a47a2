"""The documentation runs: its commands, its Python, its examples and its lists of files."""

import doctest
import importlib
import inspect
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

import tenuto
from conftest import log
from tenuto import churn, features, sources
from tenuto.catalogue import Catalogue
from tenuto.cli._mistakes import DRIFT
from tenuto.cli._program import CATALOGUE as COMMANDS
from tenuto.cli._program import build_command, called, spoken
from tenuto.ingest import ingest
from tenuto.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))

import generate  # noqa: E402
import refresh  # noqa: E402

HAND_WRITTEN = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
    + [page for page in DOCS.rglob("*.md") if "generated" not in page.parts]
)
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
#: For programs that are not installed here; it cannot be run.
PYTHON_ELSEWHERE = re.compile(r"^```py\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FENCED = re.compile(r"^```(?:console|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
EXAMPLE = re.compile(r"^# src/tenuto/(\w+)/(\w+)\.py\n")
#: Enough for every population to have listeners who left and who stayed.
FEW = "200"


def pages(*, below=DOCS):
    return [page for page in HAND_WRITTEN if below in page.parents or below == page.parent]


def name_of(page):
    return page.relative_to(ROOT).as_posix()


def python_of(page):
    return PYTHON.findall(page.read_text("utf-8"))


def tenuto_lines(page):
    """Every line of a console or text block that is a command of ours, without what follows."""
    blocks = FENCED.findall(page.read_text("utf-8"))
    lines = (line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines())
    return [re.split(r"\s+[|>#]", line)[0] for line in lines if line.startswith("tenuto ")]


# What can be read off a page.


@pytest.mark.parametrize("page", HAND_WRITTEN, ids=name_of)
def test_every_command_on_a_page_is_one_that_there_is(page):
    for line in tenuto_lines(page):
        name, arguments = called(shlex.split(line)[1:])
        # "musicbx" and the like are shown on purpose; options are checked all the same.
        if name.isidentifier() and name in COMMANDS.names():
            build_command(name).make_context(name, arguments)
        else:
            assert name in ("--version", "--help", "COMMAND"), line


@pytest.mark.parametrize("page", HAND_WRITTEN, ids=name_of)
def test_every_make_target_on_a_page_is_in_the_makefile(page):
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    text = page.read_text("utf-8")
    named = re.findall(r"`make ([\w-]+)", text) + re.findall(r"^make ([\w-]+)", text, re.MULTILINE)
    assert set(named) <= set(targets)


@pytest.mark.parametrize("page", HAND_WRITTEN, ids=name_of)
def test_every_link_on_a_page_leads_to_a_file(page):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    for link in links:
        if not link.startswith("https://"):
            assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", HAND_WRITTEN, ids=name_of)
def test_the_words_of_a_page_are_plain(page):
    prose = re.sub(r"```.*?```|`[^`]*`|\"[^\"]*\"", "", page.read_text("utf-8"), flags=re.DOTALL)
    assert not re.findall(r"\b(simply|just|obviously|behavior|analyze|license)\b", prose)


def test_files_are_read_as_the_table_of_names_says():
    from tenuto.sources import musicbox

    page = (DOCS / "how-to" / "read-your-logs.md").read_text("utf-8")
    rows = re.findall(
        r"^\| `([^`]+)` \| (.*(?:plays|downloads|searches|not read).*) \|$", page, re.M
    )
    assert len(rows) == 7
    for name, said in rows:
        identity = musicbox.identify(name)
        if said.startswith("not read: "):
            assert str(identity).startswith(said.removeprefix("not read: "))
        else:
            assert identity.kind in said
            assert not identity.part or f"part {identity.part}" in said


def test_every_python_block_is_python():
    for page in HAND_WRITTEN:
        text = page.read_text("utf-8")
        for block in PYTHON.findall(text) + PYTHON_ELSEWHERE.findall(text):
            compile(block, name_of(page), "exec")


def test_the_readme_does_the_job_in_ten_lines_of_python():
    (block,) = python_of(ROOT / "README.md")
    assert len([line for line in block.splitlines() if line.strip()]) <= 10


def test_the_tutorial_says_how_to_read_every_section_of_the_report():
    tutorial = (DOCS / "tutorial.md").read_text("utf-8")
    for name, section in Catalogue("tenuto.reports").all().items():
        assert f"\n{section.TITLE}\n: " in tutorial, name


def test_every_code_of_an_earlier_mistake_is_explained():
    explained = (DOCS / "reference" / "codes.md").read_text("utf-8")
    texts = [file.read_text("utf-8") for file in Path(tenuto.__path__[0]).rglob("*.py")]
    texts += [page.read_text("utf-8") for page in HAND_WRITTEN]
    cited = {code for text in texts for code in re.findall(r"\b(K\d{1,2})\b", text)}
    assert {code for code in cited if f"| {code} |" not in explained} == set()


def test_decisions_are_numbered_and_each_says_what_was_given_up():
    written = sorted((DOCS / "decisions").glob("0*.md"))
    assert [int(page.name[:4]) for page in written] == list(range(1, len(written) + 1))
    index = (DOCS / "decisions" / "index.md").read_text("utf-8")
    for page in written:
        text = page.read_text("utf-8")
        assert text.startswith(f"# {int(page.name[:4])}. ")
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Given up"))
        assert page.stem in index


# What is made from the code.


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated")
    return {file.stem: file.read_text("utf-8") for file in generate.write_all(folder)}


@pytest.mark.parametrize(
    ("page", "room"),
    [
        ("cli", "cli"),
        ("sources", "sources"),
        ("cleaning-rules", "cleaning"),
        ("rollups", "rollups"),
        ("features", "features"),
        ("labels", "labels"),
        ("models", "churn"),
        ("recommenders", "recommenders"),
        ("lists", "lists"),
        ("reranking", "reranking"),
        ("preferences", "preferences"),
        ("sampling", "sampling"),
        ("replication", "replication"),
        ("calibration", "calibration"),
        ("guards", "guards"),
        ("reasons", "reasons"),
        ("actions", "actions"),
        ("uplift", "uplift"),
        ("insights", "insights"),
    ],
)
def test_every_member_has_its_place_in_the_reference(generated, page, room):
    heading = "## `tenuto {}`" if page == "cli" else "## `{}`"
    for member in Catalogue(f"tenuto.{room}"):
        name = spoken(member) if page == "cli" else member
        assert heading.format(name) in generated[page]


def test_every_feature_and_every_setting_is_in_its_table(generated):
    for feature in features.feature_dictionary():
        assert f"| `{feature.name}` | {feature.unit} |" in generated["features"]
    for section in ("ingest", "churn", "recommend", "engine"):
        assert f"## `[{section}]`" in generated["settings"]
    assert "| `horizon_days` | `int` | `14` |" in generated["settings"]


def test_every_name_of_the_python_api_is_documented(generated):
    for name in tenuto.__all__:
        if not name.startswith("_"):
            assert f"## `tenuto.{name}`" in generated["python-api"]


def test_fields_that_a_docstring_explains_are_a_list(generated):
    assert "\n- `value_at_risk`: the value of the active" in generated["python-api"]


def test_making_the_reference_twice_gives_the_same_bytes(generated, tmp_path):
    again = {file.stem: file.read_text("utf-8") for file in generate.write_all(tmp_path)}
    assert again == generated


def test_every_generated_part_is_shown_on_a_page(generated):
    shown = "".join(page.read_text("utf-8") for page in (DOCS / "reference").glob("*.md"))
    for name in generated:
        assert f"{{include}} generated/{name}.md" in shown


# Examples of members.


@pytest.fixture
def plant(tmp_path):
    """Function that puts the example of a page into its room until the test ends."""
    planted = []

    def put(page):
        (block,) = [block for block in python_of(page) if EXAMPLE.match(block)]
        match = EXAMPLE.match(block)
        room, name = match.groups()
        package = importlib.import_module(f"tenuto.{room}")
        folder = tmp_path / f"planted_{room}"
        folder.mkdir()
        (folder / f"{name}.py").write_text(block[match.end() :], "utf-8")
        package.__path__.append(str(folder))
        importlib.invalidate_caches()
        planted.append((package, str(folder), name))
        return name

    yield put
    for package, folder, name in planted:
        package.__path__.remove(folder)
        sys.modules.pop(f"{package.__name__}.{name}", None)
        vars(package).pop(name, None)


def test_the_example_of_a_source_reads_lines_and_sets_broken_ones_aside(plant, tmp_path):
    name = plant(DOCS / "how-to" / "add-a-source.md")
    record = inspect.getdoc(sources.CATALOGUE.get(name)).splitlines()[2].strip()
    log(tmp_path / "raw", "radio-2017-03-30.csv", record, "broken", "bob;news;never;12")
    workspace = Workspace.create(tmp_path / "w", source=name, logs=tmp_path / "raw")
    workspace.settings.engine.threads = 1
    summary = ingest(workspace)
    assert (summary.n_lines, summary.n_kept, summary.n_set_aside) == (3, 2, 1)
    assert summary.rules["unreadable_clock"] == 1


def test_the_example_of_a_feature_counts_the_days_off(plant, duckdb_engine):
    from fake_past import FakePast, played

    name = plant(DOCS / "how-to" / "add-a-feature.md")
    # The cutoff is a Saturday: 7 days ago was one, too, 3 days ago a Wednesday.
    past = FakePast(duckdb_engine, played(1, 7, ago=7), played(1, 7, ago=3), played(2, 7, ago=14))
    listeners = past.table("user_days").select("user_id").distinct()
    built = features.build_features(past, listeners, families=[name])
    rows = duckdb_engine.to_arrow(built.table).to_pandas().set_index("user_id")
    assert built.names == ["share_weekend_events_7d", "share_weekend_events_14d"]
    assert rows.loc[1].tolist() == [0.5, 0.5]
    assert pd.isna(rows.loc[2, "share_weekend_events_7d"])
    assert rows.loc[2, "share_weekend_events_14d"] == 1


def test_the_example_of_a_model_ranks_leavers_and_survives_saving(plant, tmp_path):
    from tenuto.churn._contract import ChurnModel, Examples

    name = plant(DOCS / "how-to" / "add-a-model.md")
    member = churn.CATALOGUE.get(name)
    X = pd.DataFrame({"days_since_last_event": [1, 2, 13, 14], "n_active_days_14d": [9, 8, 1, 1]})
    cutoffs = ["2017-04-29"] * 4
    examples = Examples([1, 2, 3, 4], pd.to_datetime(cutoffs).to_numpy(), X, [0, 0, 1, 1])
    model = member.Model().fit(examples, random_state=0)
    p = model.predict(X)
    assert p[:2].max() < 0.5 < p[2:].min()
    model.save(tmp_path / "saved")
    assert ChurnModel.load(tmp_path / "saved").predict(X).tolist() == p.tolist()


def test_the_example_of_a_recommender_finds_the_companion_and_survives_saving(plant, tmp_path):
    from tenuto.recommenders import CATALOGUE
    from tenuto.recommenders._contract import Recommender
    from tenuto.recommenders._plays import interactions_of

    name = plant(DOCS / "how-to" / "add-a-recommender.md")
    plays = pd.DataFrame(
        {"user_id": [1, 1, 2, 2, 3, 4, 4], "item_id": ["a", "b", "a", "b", "a", "c", "d"]}
    )
    model = CATALOGUE.get(name).Model(shrinkage=1.0).fit(interactions_of(plays))
    lists = model.recommend([3], 2, exclude_heard=True)
    # Of the three who like a, and one who is added, two like b.
    assert lists[["item_id", "score"]].to_numpy().tolist() == [["b", 0.5]]
    assert model.explain(lists)["reason"].tolist() == ["because you played a"]
    model.save(tmp_path / "saved")
    again = Recommender.load(tmp_path / "saved").recommend([3], 2, exclude_heard=True)
    assert again.equals(lists)


# Doctests.

WITH_EXAMPLES = [
    ".".join(file.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")
    for file in sorted((ROOT / "src").rglob("*.py"))
    if ">>>" in file.read_text("utf-8")
]


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_the_examples_in_docstrings_are_true(module):
    result = doctest.testmod(importlib.import_module(module))
    assert result.attempted > 0
    assert result.failed == 0


# What runs for a while.


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder in which the README's commands were run, on fewer listeners."""
    folder = tmp_path_factory.mktemp("readme")
    run = refresh.run_in(folder)
    for command in tenuto_lines(ROOT / "README.md"):
        # A server does not end; tests/test_service_run.py starts one.
        if not command.startswith(("tenuto demo", "tenuto serve")):
            run_well(run, smaller(command))
    return folder


def smaller(command):
    return re.sub(r"--listeners \d+", f"--listeners {FEW}", command)


def run_well(run, command):
    """Run ``command`` and fail with what it said if it did.

    An alarm of drift is no failure: of so few listeners one quiet day has half of the events.
    """
    said = run(f"{{ {command}; }} 2>&1; s=$?; [ $s = 0 ] || [ $s = {DRIFT} ] || echo FAILED $s")
    assert "FAILED" not in said, f"{command}\n{said}"
    return said


@pytest.mark.slow
def test_the_commands_of_the_readme_leave_a_report(place):
    assert (place / "my-service" / "runs" / "2017-04-29" / "report.html").stat().st_size > 0


@pytest.mark.slow
def test_the_python_of_the_readme_runs(tmp_path):
    (block,) = python_of(ROOT / "README.md")
    said = run_python(block.replace("listeners=500", f"listeners={FEW}"), tmp_path)
    assert "listeners active in the last 14 days" in said
    assert "report.html" in said


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [page for page in pages() if any(not EXAMPLE.match(block) for block in python_of(page))],
    ids=name_of,
)
def test_the_python_of_a_page_runs_after_the_readme(page, place):
    for block in python_of(page):
        if not EXAMPLE.match(block):
            run_python(block, place)


def run_python(block, folder):
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_commands_of_the_tutorial_run_in_order(tmp_path):
    run = refresh.run_in(tmp_path)
    for command in refresh.commands((DOCS / "tutorial.md").read_text("utf-8")):
        if "musicbx" in command:
            assert "To mend" in run(command) or "Did you mean" in run(command)
        else:
            assert run_well(run, smaller(command))


@pytest.mark.slow
def test_every_file_and_column_of_a_workspace_is_documented(place):
    documented = (DOCS / "reference" / "files.md").read_text("utf-8")
    service = place / "my-service"
    for table in tables_of(service):
        assert f"`{table.name}`" in documented
        for column in columns_of(table):
            names = names_on_the_page(column)
            assert any(f"`{name}`" in documented for name in names), f"{table.name}: {column}"
    entry = json.loads(next((service / "audit" / "ledger").glob("*.json")).read_text("utf-8"))
    record = json.loads((service / "runs" / "2017-04-29" / "run.json").read_text("utf-8"))
    for field in [*entry, *record, *pd.read_csv(service / "audit" / "completeness.csv", nrows=0)]:
        assert f"`{field}`" in documented, field


def tables_of(service):
    """Tables of results, without those that are parts of a saved model."""
    files = [
        file for room in ("runs", "campaigns", "matured") for file in (service / room).rglob("*")
    ]
    return [
        file
        for file in sorted(files)
        if file.suffix in (".csv", ".parquet") and not {"models", "folds"} & set(file.parts)
    ]


def columns_of(table):
    """The columns of a table but for features, which have a page of their own."""
    if table.suffix == ".csv":
        return list(pd.read_csv(table, nrows=0))
    known = {feature.name for feature in features.feature_dictionary()}
    names = pq.read_schema(table).names
    return [name for name in names if table.name != "features.parquet" or name not in known]


def names_on_the_page(column):
    """How files.md may name a column: itself, the first of its kind, that of any model."""
    ends = "|".join(churn.CATALOGUE.names())
    return {
        column,
        re.sub(r"_\d(?=_|$)", "_1", column),
        re.sub(f"_({ends})$", "_MODEL", column),
        re.sub(r"_(low|high)$", "", column),
    }


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path):
    for package in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(package, reason="needs the extra `docs`")
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-b", "html", str(DOCS), str(tmp_path / "html")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "html" / "index.html").exists()
