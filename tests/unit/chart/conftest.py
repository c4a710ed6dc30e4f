"""helm for the tests of the chart: compiled once; skipped at home where it is not there."""

import shutil

import pytest
from tests.cluster import parts
from tests.cluster.fixtures import cannot, in_ci
from tests.site.helm import build


@pytest.fixture(scope="session", autouse=True)
def _helm() -> None:
    if parts.program("helm").exists():
        return
    if not in_ci() or shutil.which("go") is None:
        cannot("helm is not built; `make cluster` builds it")
    build()
