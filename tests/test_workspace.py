"""A workspace is a folder with settings in it, for one source and one writer at a time."""

import subprocess
import sys

import pytest

from conftest import log, play
from tenuto.errors import SettingsError, SourceError, UnknownName, WorkspaceError
from tenuto.ingest import ingest
from tenuto.settings import Settings
from tenuto.workspace import SETTINGS_FILE, Workspace


@pytest.fixture
def root(tmp_path):
    return tmp_path / "workspace"


def create(root, source="musicbox", logs="logs"):
    return Workspace.create(root, source=source, logs=root.parent / logs)


def with_settings(workspace, old, new):
    text = workspace.settings_file.read_text("utf-8")
    assert old in text
    workspace.settings_file.write_text(text.replace(old, new), "utf-8")


def test_a_new_workspace_writes_down_every_setting(root):
    create(root)
    assert Workspace(root).settings == create(root).settings
    text = (root / SETTINGS_FILE).read_text("utf-8")
    for name in Settings.model_fields:
        assert name in text


def test_the_logs_are_found_from_the_workspace_wherever_one_stands(root, monkeypatch):
    create(root)
    monkeypatch.chdir("/")
    assert Workspace(root).logs == root.parent / "logs"


def test_a_workspace_can_be_moved_with_its_logs(root, tmp_path):
    create(root)
    root.parent.joinpath("elsewhere").mkdir()
    root.rename(tmp_path / "elsewhere" / "workspace")
    assert Workspace(tmp_path / "elsewhere" / "workspace").logs == tmp_path / "elsewhere" / "logs"


def test_creating_it_again_opens_it(root):
    create(root)
    with_settings(Workspace(root), "random_state = 0", "random_state = 7")
    assert create(root).settings.random_state == 7


@pytest.mark.parametrize(
    ("again", "setting"), [({"source": "other"}, "source"), ({"logs": "other"}, "logs")]
)
def test_a_workspace_of_another_source_or_other_logs_is_refused(root, again, setting):
    create(root)
    with pytest.raises(WorkspaceError, match=f"already a workspace with {setting}") as error:
        create(root, **again)
    assert error.value.mend


def test_a_folder_that_holds_something_else_is_refused(root):
    root.mkdir()
    (root / "thesis.doc").touch()
    with pytest.raises(WorkspaceError, match="not empty and not a workspace"):
        create(root)
    assert [path.name for path in root.iterdir()] == ["thesis.doc"]


def test_a_file_in_place_of_the_folder_is_refused(root):
    root.touch()
    with pytest.raises(WorkspaceError, match="is a file"):
        create(root)


def test_a_folder_without_settings_is_no_workspace(tmp_path):
    with pytest.raises(WorkspaceError, match="is not a Tenuto workspace") as error:
        Workspace(tmp_path)
    assert error.value.mend.startswith("tenuto init")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("folds = 5", "folds = 1", "churn.folds: .*greater than or equal to 2.*it is 1"),
        ("folds = 5", 'folds = "five"', "churn.folds: .*it is 'five'"),
        ("folds = 5", "fodls = 5", "churn.fodls: .*not permitted"),
        ("share_of_users = 1.0", "share_of_users = 0", "ingest.share_of_users"),
        ('"set-aside"', '"drop"', "ingest.on_bad_row: .*'set-aside' or 'stop'"),
        ("folds = 5", "folds = ", "line 1[0-9]|line 2[0-9]"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_its_value(root, old, new, told):
    workspace = create(root)
    with_settings(workspace, old, new)
    with pytest.raises(SettingsError, match=told) as error:
        Workspace(root)
    assert error.value.mend


MAPPING = """[source.mapping]
# the column of whoever listened
user_id = "user"
timestamp = "when"
"""


def test_a_mapping_is_written_with_its_comments_and_read_with_the_source(root):
    made = Workspace.create(root, source="mapped", logs=root.parent / "logs", mapping=MAPPING)
    assert "# the column of whoever listened" in made.settings_file.read_text("utf-8")
    source = Workspace(root).settings.source
    assert source.mapping == {"user_id": "user", "timestamp": "when"}
    assert (source.name, source.logs) == ("mapped", "../logs")


def test_a_source_that_takes_no_mapping_refuses_one(root):
    made = Workspace.create(root, source="musicbox", logs=root.parent / "logs", mapping=MAPPING)
    log(made.logs, "20170330_3_play.log", play())
    with pytest.raises(SettingsError, match="takes no mapping") as error:
        ingest(made)
    assert "mapped" in error.value.mend


def test_logs_that_are_a_table_stay_the_address_that_they_are(root):
    url = "duckdb:///data/service.duckdb?table=plays"
    assert Workspace.create(root, source="mapped", logs=url).logs == url
    assert Workspace(root).logs == url


def test_logs_that_are_a_table_are_refused_by_a_source_of_files(root):
    made = Workspace.create(root, source="sparkify", logs="duckdb:///data/service.duckdb")
    with pytest.raises(SourceError, match="sparkify logs are files"):
        ingest(made)


def test_settings_in_another_encoding_are_one_clear_error(root):
    create(root).settings_file.write_bytes('source = "音乐"'.encode("gbk"))
    with pytest.raises(SettingsError):
        Workspace(root)


def test_a_source_that_does_not_exist_is_answered_with_the_nearest(root):
    workspace = create(root, source="musicbx")
    log(workspace.logs, "20170330_3_play.log", play())
    with pytest.raises(UnknownName, match="Did you mean 'musicbox'"):
        ingest(workspace)


def test_every_setting_has_a_line_of_meaning():
    for name, section in Settings.model_fields.items():
        fields = getattr(section.annotation, "model_fields", {})
        for setting, field in fields.items():
            assert field.description, f"{name}.{setting}"


def test_zero_threads_means_one_per_core(root):
    settings = create(root).settings.engine
    assert settings.threads == 0
    assert settings.n_threads() >= 1
    settings.threads = 3
    assert settings.n_threads() == 3


# One writer at a time.


def test_another_process_is_refused_while_one_writes(root):
    workspace = create(root)
    code = (
        "import sys; from tenuto.workspace import Workspace\n"
        "with Workspace(sys.argv[1]).lock(): pass"
    )
    with workspace.lock():
        done = subprocess.run([sys.executable, "-c", code, root], capture_output=True, text=True)
    assert done.returncode == 1
    assert "Busy: another tenuto is writing" in done.stderr
    subprocess.run([sys.executable, "-c", code, root], check=True)


def test_the_lock_is_given_back_after_a_failure(root):
    workspace = create(root)
    with pytest.raises(ZeroDivisionError), workspace.lock():
        raise ZeroDivisionError
    with workspace.lock():
        pass


def test_settings_of_version_0_1_are_still_read(root):
    root.mkdir()
    (root / SETTINGS_FILE).write_text('source = "musicbox"\nlogs = "../logs"\n', "utf-8")
    settings = Workspace(root).settings
    assert (settings.source.name, settings.source.logs) == ("musicbox", "../logs")
    assert Workspace(root).logs == root.parent / "logs"
