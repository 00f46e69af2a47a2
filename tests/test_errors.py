"""Every error names the place, shows the value and gives the mend."""

import inspect

import pytest

from tenuto import errors
from tenuto.errors import SourceError, TenutoError

CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_is_one_that_the_user_can_mend(kind):
    assert issubclass(kind, TenutoError)
    assert kind.__doc__


def test_the_mend_stands_on_a_line_of_its_own():
    error = SourceError("row 17 is not a number", mend="leave it out")
    assert str(error) == "row 17 is not a number\n  To mend: leave it out"
    assert (error.message, error.mend) == ("row 17 is not a number", "leave it out")


def test_an_error_without_a_mend_is_its_message():
    assert str(SourceError("row 17 is not a number")) == "row 17 is not a number"
