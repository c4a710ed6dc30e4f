"""The operator dies in the midst of a job."""

from __future__ import annotations

from tests.cluster.kubeapi import until
from tests.faults.cluster.flow import PATIENT, Flow
from tests.site.site import Site


@PATIENT
def test_f00_nothing_breaks(flow: Flow) -> None:
    """The reference: without a fault nothing runs twice."""
    flow.submit()
    flow.check()
    assert max(flow.executions().values()) == 1


@PATIENT
def test_f01_the_operator_is_killed_again_and_again_from_early_to_late(
    site: Site, flow: Flow
) -> None:
    flow.submit()
    for share in (0.005, 0.1, 0.3, 0.5, 0.7, 0.9):
        flow.wait_begun(share)
        site.operator.restart()
    flow.check()


@PATIENT
def test_f07_tasks_end_while_no_operator_runs(site: Site, flow: Flow) -> None:
    """Whatever runners reported meanwhile is found when one starts again."""
    flow.submit()
    flow.wait_begun(0.3)
    site.operator.kill()
    until("no task runs any more", flow.all_reported, timeout=60)
    site.operator.start()
    flow.check()


@PATIENT
def test_f08_the_operator_and_a_runner_die_at_once(site: Site, flow: Flow) -> None:
    flow.submit()
    flow.wait_begun(0.3)
    pod = flow.wait_executing()
    site.api.delete(site.core("pods", pod["metadata"]["name"]), gracePeriodSeconds=0)
    site.operator.kill()
    site.operator.start()
    flow.check()
