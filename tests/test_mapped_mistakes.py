"""Mappings that do not fit their log: one clear error each, before anything is read."""

import pytest

from conftest import log
from mapped_logs import ANN, HEADER, MAPPING, mistake
from tenuto.errors import SettingsError, SourceError
from tenuto.sources import find, mapped


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path):
    path = log(tmp_path, "plays.csv", HEADER, ANN)
    assert mistake(path, **{**MAPPING, "user_id": "usr"}) == (
        "tenuto.toml: source.mapping.user_id: no column 'usr' in plays.csv. "
        "Did you mean 'user'? There are: user, when, song, seconds."
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"delimiter": ";"}, "source.mapping.delimiter: lines of plays.csv do not fall apart at"),
        ({"columns": ["user", "when"]}, "source.mapping.columns: 2 are named, but the first line"),
        ({"time_unit": "ms"}, "source.mapping.time_unit: '2024-03-30T12:00:05Z' in column 'when'"),
        (
            {"timestamp": "song"},
            "source.mapping.timestamp: '7' in column 'song' of plays.csv is no",
        ),
        ({"time_format": "%d.%m.%Y"}, "source.mapping.time_format: '2024-03-30T12:00:05Z'"),
        ({"user_id_type": "int64"}, "source.mapping.user_id_type: 'ann' in column 'user'"),
        ({"played": "user"}, "source.mapping.played: 'ann' in column 'user' of plays.csv is no"),
        (
            {"action": "song", "actions": {"1": "play"}},
            "source.mapping.actions: '7' is not listed; 1 of the first 1 rows of plays.csv",
        ),
    ],
)
def test_a_mapping_that_does_not_fit_is_one_clear_error(tmp_path, change, said):
    path = log(tmp_path, "plays.csv", HEADER, ANN)
    assert said in mistake(path, **{**MAPPING, **change})


def test_a_wrong_unit_comes_with_the_right_one(tmp_path):
    path = log(tmp_path, "plays.csv", "user,when", "ann,1390209967")
    with pytest.raises(SettingsError, match='write time_unit = "s"'):
        find(mapped.configured({"user_id": "user", "timestamp": "when", "time_unit": "ms"}), path)


def test_a_decimal_comma_that_nobody_told_of_is_an_error(tmp_path):
    path = log(tmp_path, "plays.csv", HEADER.replace(",", ";"), "ann;1390209967;7;189,5")
    assert "source.mapping.played: '189,5'" in mistake(path, **MAPPING)


def test_a_json_array_is_not_json_lines(tmp_path):
    path = log(tmp_path, "plays.json", "[", '{"user":"ann"}', "]")
    with pytest.raises(SourceError, match="one JSON array") as found:
        find(mapped.configured(MAPPING), path)
    assert found.value.mend.startswith("jq ")


def test_a_file_in_utf_16_says_so(tmp_path):
    (tmp_path / "plays.csv").write_text("\n".join([HEADER, ANN]), "utf-16")
    with pytest.raises(SourceError, match="is UTF-16"):
        find(mapped.configured(MAPPING), tmp_path / "plays.csv")


def test_keys_of_json_may_be_rare_but_not_unknown(tmp_path):
    sparse = '{"user":"ann","when":1711800005}'
    log(tmp_path / "logs", "a.jsonl", sparse)
    log(tmp_path / "logs", "b.jsonl", '{"user":"ann","when":1711800006,"song":7,"seconds":1}')
    assert len(find(mapped.configured(MAPPING), tmp_path / "logs")[0]) == 2
    (tmp_path / "logs" / "b.jsonl").unlink()
    assert "source.mapping.item_id: no column 'song'" in mistake(tmp_path / "logs", **MAPPING)
