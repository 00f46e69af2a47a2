"""Members are found by file name, described without being imported, and checked when asked for."""

import subprocess
import sys

import pytest

from tenuto.catalogue import Catalogue
from tenuto.errors import ContractError, UnknownName

MEMBER = '''"""{first_line}

More about it.
"""

GREETING = "hello"
'''


@pytest.fixture
def room(tmp_path, monkeypatch) -> Catalogue:
    """A room of the members alto_voice and tenor; the latter breaks when it is imported."""
    folder = tmp_path / "choir_of_this_test"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "alto_voice.py").write_text(MEMBER.format(first_line="The second voice."))
    (folder / "tenor.py").write_text(MEMBER.format(first_line="Held.") + "\nraise OSError\n")
    (folder / "_piano.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield Catalogue(folder.name, must_provide=("GREETING",))
    for name in [name for name in sys.modules if name.startswith(folder.name)]:
        del sys.modules[name]


def test_the_members_are_the_files_without_an_underscore(room):
    assert room.names() == list(room) == ["alto_voice", "tenor"]


def test_a_member_is_described_by_its_first_line_and_not_imported_for_it(room):
    assert room.describe("alto_voice") == "The second voice."
    assert room.describe("tenor") == "Held."  # to import it would fail
    assert "choir_of_this_test.alto_voice" not in sys.modules


@pytest.mark.parametrize("name", ["alto_voice", "alto-voice"])
def test_dashes_stand_for_underscores(room, name):
    assert room.get(name).GREETING == "hello"


def test_an_unknown_name_is_answered_with_the_nearest_and_the_whole_list(room):
    with pytest.raises(UnknownName) as error:
        room.get("tenr")
    assert str(error.value) == (
        "no 'tenr' in choir_of_this_test/. Did you mean 'tenor'? There are: alto_voice, tenor."
    )


def test_a_name_like_no_other_is_not_guessed_at(room):
    with pytest.raises(UnknownName, match="There are") as error:
        room.get("xylophone")
    assert "Did you mean" not in str(error.value)


def test_the_furniture_of_a_room_is_no_member(room):
    with pytest.raises(UnknownName):
        room.get("_piano")


def test_a_member_that_lacks_what_the_room_asks_for_is_refused(room):
    demanding = Catalogue(room.room, must_provide=("GREETING", "VOLUME"))
    with pytest.raises(ContractError, match=r"alto_voice\.py does not define VOLUME") as error:
        demanding.get("alto_voice")
    assert "__init__.py" in error.value.mend


def test_importing_tenuto_imports_no_room():
    code = "import sys, tenuto; print(*[name for name in sys.modules if name[:7] == 'tenuto.'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
