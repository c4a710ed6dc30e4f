"""What an operator needs is taken away while it runs: it says so once, waits, and goes on."""

from __future__ import annotations

from tests.cluster.kubeapi import until
from tests.integration.bad_input.jobs import submit, task
from tests.integration.bad_input.undisturbed import run_a_good_job
from tests.integration.operator_io.accounts import RBAC, without
from tests.integration.operator_unfit.kit import OURS, Unfit

from fairlead_operator.manifests.rbac import OPERATOR_RULES
from fairlead_operator.problems import DENIED, MISSING_DEFINITIONS, UNAUTHORIZED, UNREACHABLE


def begin(unfit: Unfit) -> str:
    """Submit a job; its name."""
    return str(submit(unfit.site, task("good"), name="meanwhile")["metadata"]["name"])


def expect_done(unfit: Unfit, job: str) -> None:
    """Wait until a job has done its work."""
    assert unfit.site.wait_finished(job)["status"]["state"] == "Completed"
    unfit.site.kubectl("delete", "fljob", job)


def test_definitions_that_vanish_are_awaited(unfit: Unfit) -> None:
    # Nobody else's are to go: the operator alone does not see them.
    gone = unfit.proxy.add("fail", status=404, agent=OURS, path="^/apis/fairlead.dev")
    unfit.look_again()
    unfit.expect(MISSING_DEFINITIONS, "jobs.fairlead.dev", "fairlead crds apply")
    job = begin(unfit)
    unfit.proxy.remove(gone)
    unfit.expect_mended(MISSING_DEFINITIONS)
    expect_done(unfit, job)


def test_a_role_that_is_taken_away_in_one_namespace_stops_no_other(unfit: Unfit) -> None:
    unfit.take_role("operator", unfit.other)
    unfit.expect(DENIED, "jobs.fairlead.dev", "pods", f"in namespace {unfit.other}")
    assert unfit.ask("/readyz")[1].count("in namespace") == 1
    run_a_good_job(unfit.site)
    unfit.put_roles_back()
    unfit.expect_mended(DENIED)


def test_a_single_right_that_is_taken_away_is_named(unfit: Unfit) -> None:
    name = f"{unfit.install.release}-{unfit.install.namespace}-operator"
    role = f"{RBAC}/namespaces/{unfit.site.namespace}/roles/{name}"
    less = without(OPERATOR_RULES, "tasks/status", ["patch", "update"])
    unfit.site.api.patch(role, {"rules": less})
    job = begin(unfit)
    where = f"in namespace {unfit.site.namespace}"
    unfit.expect(DENIED, f"tasks.fairlead.dev/status {where}")
    unfit.put_roles_back()
    unfit.expect_mended(DENIED)
    expect_done(unfit, job)


def test_a_lease_that_may_not_be_renewed_is_given_up(unfit: Unfit) -> None:
    unfit.take_role("election", unfit.install.namespace)
    unfit.expect(DENIED, "leases.coordination.k8s.io", f"in namespace {unfit.install.namespace}")
    until("it leads no more", lambda: unfit.number("fairlead_operator_leader") == 0, timeout=60)
    assert len(unfit.lines("beginning anew because")) == 1
    job = begin(unfit)
    unfit.put_roles_back()
    unfit.expect_mended(DENIED)
    expect_done(unfit, job)


def test_a_token_that_is_worth_nothing_any_more_is_read_anew(unfit: Unfit) -> None:
    path = f"/api/v1/namespaces/{unfit.install.namespace}/serviceaccounts"
    account = unfit.site.api.get(f"{path}/{unfit.install.operator_account}")
    # The server knows the token no more: it was of an account that is gone.
    unfit.site.api.delete(f"{path}/{unfit.install.operator_account}")
    unfit.expect(UNAUTHORIZED, "Unauthorized")
    job = begin(unfit)
    kept = {name: account["metadata"][name] for name in ("name", "labels")}
    unfit.site.api.create(path, {"metadata": kept})
    unfit.renew_token()
    unfit.expect_mended(UNAUTHORIZED)
    expect_done(unfit, job)


def test_a_server_that_goes_away_is_awaited(unfit: Unfit) -> None:
    away = unfit.proxy.add("drop", agent=OURS)
    unfit.look_again()
    unfit.expect(UNREACHABLE)
    until("it leads no more", lambda: unfit.number("fairlead_operator_leader") == 0, timeout=60)
    job = begin(unfit)
    unfit.proxy.remove(away)
    unfit.expect_mended(UNREACHABLE)
    expect_done(unfit, job)
