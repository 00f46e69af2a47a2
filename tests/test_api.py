"""`import tenuto`: the steps of the pipeline as functions, imported when they are asked for."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from importlib import metadata

import pytest

import tenuto
from tenuto import pipeline
from tenuto.errors import TenutoError
from tenuto.workspace import Workspace

FUNCTIONS = {
    "demo": pipeline.demo,
    "ingest_logs": pipeline.ingest,
    "init": pipeline.init,
    "predict_churn": pipeline.churn,
    "recommend": pipeline.recommend,
    "report": pipeline.report,
    "run": pipeline.run,
    "simulate": pipeline.simulate,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_steps_of_the_pipeline_are_functions_of_tenuto(name):
    assert getattr(tenuto, name) is FUNCTIONS[name]


def test_every_public_name_can_be_had_and_is_listed():
    assert set(tenuto.__all__) <= set(dir(tenuto))
    assert all(getattr(tenuto, name) is not None for name in tenuto.__all__)


def test_the_workspace_and_the_error_to_catch_are_there():
    assert tenuto.Workspace is Workspace
    assert tenuto.TenutoError is TenutoError


def test_no_public_name_is_that_of_a_room():
    # Importing tenuto.churn, the room, would put a module in the place of a function.
    rooms = {part.name for part in pkgutil.iter_modules(tenuto.__path__)}
    assert rooms.isdisjoint(tenuto.__all__)


def test_functions_stay_functions_when_the_rooms_are_imported():
    for part in pkgutil.iter_modules(tenuto.__path__):
        importlib.import_module(f"tenuto.{part.name}")
    assert all(inspect.isfunction(getattr(tenuto, name)) for name in FUNCTIONS)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'no_such_thing'"):
        _ = tenuto.no_such_thing


def test_the_version_is_that_of_the_package():
    assert tenuto.__version__ == metadata.version("tenuto")
