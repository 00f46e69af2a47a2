"""The server keeps to its document: whatever is sent, no 5xx and no answer that is not in it."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from served import served
from tenuto.service._limits import Limits
from tenuto.service.api import CATALOGUE

ROUTES = [
    (method, route.path_format)
    for member in CATALOGUE.all().values()
    for route in member.router.routes
    for method in sorted(route.methods)
]
_PATIENT = Limits(requests_per_s=1e9, burst=1e9, failures_per_s=1e9, failure_burst=1e9)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    return served(tmp_path_factory.mktemp("served"), limits=_PATIENT, hosts=("*",))


@pytest.fixture(scope="module")
def token(house) -> dict[str, str]:
    return {"Authorization": f"Bearer {house.tokens['admin']}"}


@pytest.fixture(scope="module")
def document(house, token):
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", house.app, headers=token)


def test_every_route_for_programs_is_in_the_document(document):
    found = (operation.ok() for operation in document.get_all_operations())
    there = {(operation.method.upper(), operation.path) for operation in found}
    assert there == set(ROUTES)


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_request_gets_an_answer_that_is_not_documented(document, token, method, path):
    # Valid by the document is not always valid here: it does not say of which type the ids of
    # this log are, nor which devices it knows.
    @given(case=document[path][method].as_strategy())
    @settings(
        max_examples=50, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    def ask(case):
        case.call_and_validate(headers=token, excluded_checks=[positive_data_acceptance])

    ask()
