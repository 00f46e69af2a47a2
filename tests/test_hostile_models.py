"""Saved models from elsewhere: they are loaded as they were saved, or refused."""

import io
import json
import os
import pickle
import zipfile

import lightgbm
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from mutants import mutated
from tenuto import saved
from tenuto.churn import _estimators
from tenuto.churn._contract import ChurnModel
from tenuto.churn.base_rate import Model as BaseRate
from tenuto.churn.boosting import Model as Boosting
from tenuto.errors import ContractError
from tenuto.recommenders._contract import Recommender

X = np.random.default_rng(0).normal(size=(300, 3))
Y = (X[:, 0] > 0).astype(int)


class Bomb:
    """Unpickled, it would leave a file behind."""

    def __init__(self, place):
        self.place = str(place)

    def __reduce__(self):
        return os.mkdir, (self.place,)


@pytest.fixture
def model(tmp_path):
    """A saved churn model of one file."""
    made = BaseRate()
    made.columns, made.share = ("n_plays",), 0.25
    made.save(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture(scope="module")
def trees():
    """The text of a small LightGBM model."""
    quiet = {"objective": "binary", "verbose": -1, "num_leaves": 5, "num_threads": 1}
    return lightgbm.train(quiet, lightgbm.Dataset(X, Y), 3).model_to_string().encode()


def forge(folder, name, content):
    """Put ``content`` in the place of a file, with the digest that belongs to it."""
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = saved.digest(content)
    (folder / "manifest.json").write_bytes(saved.as_json(manifest))


def refused(folder, kind=ChurnModel):
    with pytest.raises(ContractError) as error:
        kind.load(folder)
    assert error.value.mend
    return str(error.value)


def test_a_pickle_in_the_place_of_a_model_is_not_unpickled(model, tmp_path):
    forge(model, "model.json", pickle.dumps(Bomb(tmp_path / "was_here")))
    refused(model)
    assert not (tmp_path / "was_here").exists()


def test_a_skops_file_that_names_a_function_to_call_is_not_built(tmp_path):
    content = skops.io.dumps({"a": LogisticRegression()})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        schema = json.loads(archive.read("schema.json"))
    schema["content"]["a"] |= {"__class__": "system", "__module__": "os", "__loader__": "TypeNode"}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("schema.json", json.dumps(schema))
    with pytest.raises(ContractError):
        _estimators.from_bytes(packed.getvalue())


@pytest.mark.parametrize("name", ["../model.json", "/etc/passwd", "..\\model.json", ".", "a/b"])
def test_a_name_that_leads_out_of_the_folder_is_refused(model, name):
    manifest = json.loads((model / "manifest.json").read_text())
    manifest["files"] = {name: manifest["files"]["model.json"]}
    (model / "manifest.json").write_bytes(saved.as_json(manifest))
    assert "not in the manifest" in refused(model)


def test_a_link_is_not_read(model, tmp_path):
    (model / "model.json").rename(tmp_path / "elsewhere.json")
    (model / "model.json").symlink_to(tmp_path / "elsewhere.json")
    assert "not a file of a sensible size" in refused(model)


def test_another_file_is_refused_and_so_is_one_with_a_forged_digest(model):
    (model / "model.json").write_text('{"share": 0.5}')
    assert "not the file that was saved" in refused(model)
    forge(model, "model.json", b'{"nothing": 1}')
    assert "does not hold a whole" in refused(model)


@pytest.mark.parametrize(
    "content",
    [b"[" * 200_000, b'{"a":' * 200_000, b"\xff\xfe", b"", b"null", b"[]", b'{"files": 3}'],
    ids=lambda content: repr(content[:12]),
)
def test_a_manifest_that_is_none_is_refused(model, content):
    (model / "manifest.json").write_bytes(content)
    refused(model)


@pytest.mark.parametrize("files", [[], "model.json", {"model.json": 3}, {"model.json": None}, None])
def test_a_manifest_whose_files_are_no_table_of_digests_is_refused(model, files):
    manifest = json.loads((model / "manifest.json").read_text()) | {"files": files}
    (model / "manifest.json").write_bytes(saved.as_json(manifest))
    refused(model)


def test_a_manifest_that_would_fill_the_memory_is_refused_unread(model):
    with (model / "manifest.json").open("r+b") as file:
        file.truncate(200 << 20)
    assert "sensible size" in refused(model)


def zip_bomb(size=9 << 30):
    """A zip that says it holds nine gigabytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", "{}")
    content = bytearray(packed.getvalue())
    # The size of what is packed, where the list of contents says it.
    at = content.index(b"PK\1\2") + 24
    content[at : at + 4] = (size & 0xFFFFFFFF).to_bytes(4, "little")
    return bytes(content)


def test_a_zip_bomb_is_refused_before_it_unpacks(monkeypatch):
    monkeypatch.setattr(saved._unpacked, "MOST_UNPACKED_BYTES", 1 << 20)
    with pytest.raises(ContractError, match="decompression bomb"):
        _estimators.from_bytes(zip_bomb(1 << 30))


def test_a_table_of_a_billion_rows_in_a_few_bytes_is_refused_before_it_unpacks(monkeypatch):
    monkeypatch.setattr(saved._unpacked, "MOST_UNPACKED_BYTES", 1 << 20)
    packed = io.BytesIO()
    pq.write_table(pa.table({"x": pa.repeat(pa.scalar(7), 1_000_000)}), packed)
    assert len(packed.getvalue()) < 10_000
    with pytest.raises(ValueError, match="decompression bomb"):
        saved.table_of(packed.getvalue())


def test_a_recommender_whose_tables_are_something_else_is_refused(tmp_path):
    from made_service import known_from, plays_of_a_service

    model = Recommender_of("popularity")
    model.fit(known_from(plays_of_a_service(n_listeners=20, n_songs=40)))
    model.save(tmp_path / "model")
    for content in (b"", b"PAR1", pickle.dumps([1]), _parquet({"other": [1]})):
        forge(tmp_path / "model", "histories.parquet", content)
        refused(tmp_path / "model", Recommender)


def Recommender_of(name):
    from tenuto.recommenders import CATALOGUE

    return CATALOGUE.get(name).Model()


def _parquet(columns):
    packed = io.BytesIO()
    pq.write_table(pa.table(columns), packed)
    return packed.getvalue()


# Trees, which C++ follows wherever they lead.


def changed(trees, old, new):
    assert old in trees
    return trees.replace(old, new, 1)


def test_sound_trees_say_the_same_as_before(trees):
    before = lightgbm.Booster(model_str=trees.decode())
    after = lightgbm.Booster(model_str=saved.whole_trees(trees))
    for options in ({}, {"pred_contrib": True}):
        assert (before.predict(X, **options) == after.predict(X, **options)).all()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("split_feature", b"2000000000"),
        ("split_feature", b"-1"),
        ("left_child", b"2000000000"),
        ("left_child", b"-2000000000"),
        ("left_child", b"0"),
        ("right_child", b"-1"),
        ("decision_type", b"1"),
        ("leaf_value", b"many"),
        ("num_leaves", b"9"),
        ("num_leaves", b"2147483647"),
        ("num_cat", b"3"),
        ("num_tree_per_iteration", b"0"),
        ("num_tree_per_iteration", b"7"),
        ("max_feature_idx", b"-5"),
        ("objective", b"multiclass num_class:1000"),
    ],
)
def test_trees_that_lead_out_of_their_arrays_never_reach_the_code_that_follows_them(
    trees, field, value
):
    lines = trees.split(b"\n")
    at = next(n for n, line in enumerate(lines) if line.startswith(f"{field}=".encode()))
    name, _, old = lines[at].partition(b"=")
    rest = b"" if field == "objective" else b" ".join(old.split(b" ")[1:])
    lines[at] = name + b"=" + b" ".join(part for part in (value, rest) if part)
    with pytest.raises((ValueError, KeyError)):
        saved.whole_trees(b"\n".join(lines))


def test_a_model_of_such_trees_is_refused_with_a_mend(tmp_path, trees):
    model = Boosting()
    model.columns, model.booster = ("a", "b", "c"), lightgbm.Booster(model_str=trees.decode())
    model.sampling, model.shift = "none", 0.0
    model.save(tmp_path / "model")
    assert (
        ChurnModel.load(tmp_path / "model").predict(pd.DataFrame(X, columns=list("abc"))).max() < 1
    )
    forge(tmp_path / "model", "model.txt", trees.replace(b"left_child=", b"left_child=9"))
    assert "not sound" in refused(tmp_path / "model")


def test_a_forest_whose_splits_lead_nowhere_is_refused():
    forest = RandomForestClassifier(2, max_depth=2, random_state=0).fit(X, Y)
    again = _estimators.from_bytes(_estimators.to_bytes(forest))
    assert (again.predict(X) == forest.predict(X)).all()
    state = forest.estimators_[0].tree_.__getstate__()
    state["nodes"]["left_child"][0] = 1_000_000
    forest.estimators_[0].tree_.__setstate__(state)
    with pytest.raises(ContractError, match="not sound"):
        _estimators.from_bytes(_estimators.to_bytes(forest))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_trees_after_any_accident_are_refused_or_followed_to_the_end(trees, seed):
    rng = np.random.default_rng(seed)
    n_followed = 0
    for _ in range(2_000):
        try:
            booster = lightgbm.Booster(model_str=saved.whole_trees(mutated(trees, rng)))
            booster.predict(X, num_threads=1)
            booster.predict(X, pred_contrib=True, num_threads=1)
        except (ValueError, KeyError, lightgbm.basic.LightGBMError):
            continue
        n_followed += 1
    assert n_followed > 100
