"""The API server and its store die in the midst of a job, and come back."""

from __future__ import annotations

import pytest
from tests.cluster.native.faults import Faults
from tests.faults.cluster.flow import PATIENT, Flow


@PATIENT
@pytest.mark.parametrize("component", ["apiserver", "etcd"], ids=["f30", "f31"])
def test_f30_f31_what_was_acknowledged_is_still_there(
    flow: Flow, faults: Faults, component: str
) -> None:
    """Runners keep what they have to report until somebody takes it."""
    flow.submit()
    for share in (0.1, 0.4, 0.7):
        flow.wait_begun(share)
        faults.kill(component)
        faults.start(component)
    flow.check()
