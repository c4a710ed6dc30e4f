"""The fence: who may write what, held by the API server itself.

A Task names the pod that holds its present attempt.  Only the operator, and a token bound
to that very pod, may write the Task's status, and the pod only what it has to report.  A
runner that was given up but lives on can therefore change nothing; at most it makes
subtasks that nobody commits.  Locks and leases make things efficient; this makes them safe.
"""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.api import labels
from fairlead.api.task import REPORTED, TaskStatus
from fairlead_operator.manifests.install import Install, Manifest
from fairlead_operator.manifests.policy import TOKEN_VARIABLES, policy, refuse_unless

OTHER_STATUSES = ("jobs/status", "releases/status", "machinegroups/status")
CLUSTER_STATUSES = ("machinesizes/status",)


def fence(install: Install) -> list[Manifest]:
    """Return all admission policies of an installation, with their bindings."""
    return [*task_status(install), *task_objects(install), *other_statuses(install)]


# --- the status of a Task ----------------------------------------------------------

_STATUS_VARIABLES = {
    **TOKEN_VARIABLES,
    "new": "object.status",
    "old": "oldObject.status",
    "step": "oldObject.status.state + ' -> ' + object.status.state",
    # What a runner wrote before under another attempt does not count: its numbers begin anew.
    "attempt": "string(object.status.?attempt.orValue(0))",
    "reports": "object.status.?report.orValue('0.0').split('.')",
    "before": "oldObject.status.?report.orValue('0.0').split('.')",
    "ends": "has(object.status.outcome)",
}

_STEPS = (
    "Queued -> Queued",
    "Queued -> Running",
    "Running -> Running",
    "Running -> Completed",
)
"""What a runner may make of the state.  Everything else is for the operator to conclude."""


def task_status(install: Install) -> list[Manifest]:
    """Return the policy on the status of Tasks."""
    return policy(
        install,
        "task-status",
        resources=["tasks/status"],
        operations=["UPDATE"],
        variables=_STATUS_VARIABLES,
        validations=[*_HOLDER, *_OPERATOR_FIELDS, *_PROGRESS, *_END],
    )


_HOLDER = (
    refuse_unless(
        "variables.podName != '' && variables.podName == variables.old.?podName.orValue('')"
        " && request.userInfo.username.startsWith("
        "'system:serviceaccount:' + request.namespace + ':')",
        "only the operator and the pod that holds this task may write its status",
    ),
    refuse_unless(
        "variables.new.?podName.orValue('') == variables.old.?podName.orValue('')"
        " && variables.new.?attempt.orValue(0) == variables.old.?attempt.orValue(0)",
        "this task is held by another attempt now",
    ),
)


def _operator_fields() -> Iterable[str]:
    names = [field.alias or name for name, field in TaskStatus.model_fields.items()]
    return [name for name in names if name not in REPORTED and name not in ("podName", "attempt")]


_OPERATOR_FIELDS = tuple(
    refuse_unless(
        f"variables.new.?{name} == variables.old.?{name}", f"status.{name} is for the operator"
    )
    for name in _operator_fields()
)

_PROGRESS = (
    refuse_unless(
        f"variables.step in {list(_STEPS)}", "a runner cannot change the state like that"
    ),
    refuse_unless(
        "!has(variables.new.reason) || variables.new.?reason == variables.old.?reason",
        "a runner may only remove status.reason",
    ),
    refuse_unless(
        "variables.reports[0] == variables.attempt",
        "a runner's write must name its attempt: status.report is attempt.number",
    ),
    refuse_unless(
        "variables.before[0] != variables.attempt"
        " || int(variables.reports[1]) > int(variables.before[1])",
        "a runner's write must be newer than the last: status.report is attempt.number",
    ),
)

_END = (
    refuse_unless("!has(variables.old.outcome)", "this attempt has been reported already"),
    refuse_unless(
        "!variables.ends || (variables.new.outcome.podUID == variables.podUID"
        " && string(variables.new.outcome.attempt) == variables.attempt)",
        "status.outcome must name the attempt and the unique id of the pod that reports it",
    ),
    refuse_unless(
        "(variables.ends && variables.new.outcome.kind == 'Succeeded') || !("
        "has(variables.new.result) || has(variables.new.resultRef)"
        " || has(variables.new.resultFrom) || has(variables.new.children))",
        "result and children belong to an outcome that succeeded",
    ),
    refuse_unless(
        "variables.new.state != 'Completed' || (variables.ends"
        " && variables.new.outcome.kind == 'Succeeded'"
        " && variables.new.?children.orValue(0) == 0)",
        "only a task that succeeded without subtasks is Completed by its runner",
    ),
)


# --- Tasks themselves ---------------------------------------------------------------

_MAY_SUBMIT = (
    "authorizer.group('fairlead.dev').resource('jobs').namespace(request.namespace)"
    ".check('create').allowed()"
)

_JOB_LABEL = f"?labels[?'{labels.JOB}'].orValue('')"
_DESIRED = f"?annotations[?'{labels.DESIRED}'].orValue('')"


def task_objects(install: Install) -> list[Manifest]:
    """Return the policy on making Tasks and on changing their metadata."""
    return policy(
        install,
        "task-objects",
        resources=["tasks"],
        operations=["CREATE", "UPDATE"],
        variables=TOKEN_VARIABLES,
        validations=[
            refuse_unless(
                "request.operation != 'CREATE' || (variables.podUID == ''"
                " ? !has(object.spec.creator)"
                " : object.spec.?creator.?podUID.orValue('') == variables.podUID)",
                "spec.creator.podUID must be the unique id of the pod that makes the task, and is"
                " for pods only",
            ),
            refuse_unless(
                "request.operation != 'CREATE' || object.spec.?creator.?podName.orValue("
                "variables.podName) == variables.podName",
                "spec.creator.podName must be the name of the pod that makes the task",
            ),
            refuse_unless(
                "request.operation != 'CREATE' || !has(object.spec.parent)"
                " || variables.podUID != ''",
                "only a runner makes subtasks",
            ),
            refuse_unless(
                f"request.operation != 'CREATE' || has(object.spec.parent) || {_MAY_SUBMIT}",
                "only those who may create Jobs add tasks to the top level of one",
            ),
            refuse_unless(
                f"object.metadata.{_JOB_LABEL} == object.spec.jobName",
                f"the label {labels.JOB} must be spec.jobName",
            ),
            refuse_unless(
                f"object.metadata.{_DESIRED} in ['', '{labels.STOPPED}', '{labels.CANCELLED}']",
                f"the annotation {labels.DESIRED} is {labels.STOPPED} or {labels.CANCELLED}",
            ),
        ],
    )


# --- every other status --------------------------------------------------------------


def other_statuses(install: Install) -> list[Manifest]:
    """Return the policy on the statuses that nobody but the operator writes.

    An installation that looks after some namespaces only leaves the status of machine
    sizes alone: they belong to the cluster, and it may not write them either.
    """
    everywhere = install.watched is None
    return policy(
        install,
        "statuses",
        resources=[*OTHER_STATUSES, *(CLUSTER_STATUSES if everywhere else ())],
        operations=["UPDATE"],
        validations=[refuse_unless("false", "only the operator writes this status")],
    )
