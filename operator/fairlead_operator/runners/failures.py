"""Every way in which an attempt can end badly or fail to start, in one table.

The table is what people see everywhere: the reason stands in conditions, events and
metrics, the remedy behind the message, and ``docs/reference/failures.md`` is made from it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fairlead.core.outcomes import BUDGETS, Budget, OutcomeKind


@dataclass(frozen=True, slots=True)
class FailureClass:
    """One way to fail.

    Attributes
    ----------
    reason
        Its name: one word, that of conditions.
    kind
        How the attempt counts as ended; None where nothing has ended and the task waits.
    meaning
        What happened.
    remedy
        What to do about it.
    """

    reason: str
    kind: OutcomeKind | None
    meaning: str
    remedy: str

    @property
    def budget(self) -> Budget:
        """What it is charged to."""
        return Budget.UNCHARGED if self.kind is None else BUDGETS[self.kind]


_USER = (
    FailureClass(
        "Error",
        OutcomeKind.ERROR,
        "The task's code raised an exception.",
        "Read the traceback with `fairlead logs`; give the task retries if the cause may pass.",
    ),
    FailureClass(
        "NonRetryable",
        OutcomeKind.NON_RETRYABLE,
        "The task's code raised NonRetryableError, or its input or result cannot be used.",
        "Mend the input or the code; the task is not tried again by itself.",
    ),
    FailureClass(
        "Timeout",
        OutcomeKind.TIMEOUT,
        "The attempt took longer than the task's timeout.",
        "Raise the timeout, or let the task do less.",
    ),
    FailureClass(
        "DeadlineExceeded",
        OutcomeKind.TIMEOUT,
        "The pod was ended because its activeDeadlineSeconds had passed.",
        "Fairlead sets no such deadline: find the policy of the cluster that does, and use the"
        " task's timeout instead.",
    ),
    FailureClass(
        "OutOfMemory",
        OutcomeKind.OUT_OF_MEMORY,
        "The task needed more memory than its machine size has.",
        "Use a larger machine size, or set growsTo on the size, so that the next attempt gets"
        " a larger one.",
    ),
    FailureClass(
        "Crashed",
        OutcomeKind.CRASHED,
        "The process of the task's code ended before the task did: it exited or was killed.",
        "Look for sys.exit, os._exit, or a crash in a native library in `fairlead logs`.",
    ),
)

_DISRUPTED = (
    FailureClass(
        "Evicted",
        OutcomeKind.DISRUPTED,
        "The runner was evicted: its node is drained, or ran short of memory or disk.",
        "Nothing need be done. If it happens often, request as much memory and ephemeral-storage"
        " as tasks use, in the machine size.",
    ),
    FailureClass(
        "Preempted",
        OutcomeKind.DISRUPTED,
        "The runner gave way to a pod of higher priority.",
        "Nothing need be done. If it happens often, give the machine size a priority class.",
    ),
    FailureClass(
        "NodeLost",
        OutcomeKind.DISRUPTED,
        "The runner's node was lost, and nothing says whether the runner still runs.",
        "Nothing need be done: the task runs elsewhere, and the lost runner can report nothing.",
    ),
    FailureClass(
        "NodeShutdown",
        OutcomeKind.DISRUPTED,
        "The runner's node was shut down.",
        "Nothing need be done. Machines that may be taken away at any time belong to sizes with"
        " provisioning: Spot.",
    ),
    FailureClass(
        "NodeTainted",
        OutcomeKind.DISRUPTED,
        "The runner's node got a taint that the runner does not tolerate.",
        "Nothing need be done. If it should have stayed, add the toleration to the machine size.",
    ),
    FailureClass(
        "PodDeleted",
        OutcomeKind.DISRUPTED,
        "The runner's pod was deleted while it held the task.",
        "Nothing need be done. To end a task for good use `fairlead tasks kill`: a deleted pod is"
        " replaced.",
    ),
    FailureClass(
        "Disrupted",
        OutcomeKind.DISRUPTED,
        "The cluster ended the runner for a reason of its own.",
        "Nothing need be done; the message has the cluster's reason.",
    ),
)

_PLATFORM = (
    FailureClass(
        "Lost",
        OutcomeKind.LOST,
        "The runner ended without a report of its task.",
        "Read what it wrote last: `kubectl logs` of the pod while it is there. If it happens"
        " often, look for what kills processes on the node.",
    ),
    FailureClass(
        "Released",
        OutcomeKind.RELEASED,
        "The runner ended before it had begun with the task.",
        "Nothing need be done: the task is given to another runner, and nothing is charged.",
    ),
)

_NEVER_STARTED = (
    FailureClass(
        "Unschedulable",
        OutcomeKind.NEVER_STARTED,
        "No node has room for the runner, or none has what its machine size asks for.",
        "Add nodes, or compare the size's resources, nodeSelector, tolerations and volumes with"
        " what there is: `kubectl describe nodes`.",
    ),
    FailureClass(
        "SchedulingGated",
        OutcomeKind.NEVER_STARTED,
        "Something in the cluster, such as a queue, holds the runner back.",
        "Ask what put the pod's schedulingGates there, for example `kubectl get workloads` for"
        " Kueue.",
    ),
    FailureClass(
        "ImagePull",
        OutcomeKind.NEVER_STARTED,
        "The node cannot fetch the runner's image.",
        "Check that the image of the Release exists, that nodes reach its registry, and that the"
        " service account has an imagePullSecret for it.",
    ),
    FailureClass(
        "InvalidImageName",
        OutcomeKind.NEVER_STARTED,
        "The image of the Release is no name of an image.",
        "Publish a Release with the right image; a Release cannot be changed.",
    ),
    FailureClass(
        "ContainerConfig",
        OutcomeKind.NEVER_STARTED,
        "The node cannot put the runner's container together: a Secret or ConfigMap that it takes"
        " variables from is missing, or its image wants to run as root.",
        "Make what the message names, or build the image to run under a user id other than 0.",
    ),
    FailureClass(
        "StartError",
        OutcomeKind.NEVER_STARTED,
        "The runner's container was made but its program could not be started.",
        "The image must hold python3 and the package fairlead; try"
        " `python3 -m fairlead.runner.pod` in it.",
    ),
    FailureClass(
        "NotStarting",
        OutcomeKind.NEVER_STARTED,
        "The runner has a node but its container is not there yet: volumes, network or a large"
        " image are waited for.",
        "`kubectl describe pod` shows what it waits for. A ConfigMap of the Release's package that"
        " was deleted must be published again.",
    ),
    FailureClass(
        "NodeRefused",
        OutcomeKind.NEVER_STARTED,
        "The node that the runner was given to would not take it.",
        "Nothing need be done: another runner is made. If it happens often, something takes the"
        " node's resources without asking the scheduler.",
    ),
    FailureClass(
        "RunnerCrashed",
        OutcomeKind.NEVER_STARTED,
        "The runner's program ended before it had begun with the task.",
        "The image must hold Fairlead of the operator's version, and its start-up code must not"
        " end the process; `kubectl logs` of the pod shows what it wrote.",
    ),
    FailureClass(
        "NotLoaded",
        OutcomeKind.NEVER_STARTED,
        "The runner's release was not loaded in time: one of its modules waits for something at"
        " import, or its archive could not be fetched.",
        "Let no module wait for a download or a server at import: do that inside the task. Where"
        " importing takes that long, set startTimeoutSeconds of the machine size, or"
        " FAIRLEAD_RUNNER_LOAD_SECONDS of the operator.",
    ),
    FailureClass(
        "NeverStarted",
        OutcomeKind.NEVER_STARTED,
        "The runner ended before its container had started.",
        "The message has what the cluster says; `kubectl describe pod` may have more.",
    ),
)

_WAITING = (
    FailureClass(
        "QuotaExceeded",
        None,
        "The namespace's ResourceQuota has no room for the runner.",
        "Wait until pods end, or have the quota raised: `kubectl describe quota`.",
    ),
    FailureClass(
        "LimitRangeExceeded",
        None,
        "The namespace's LimitRange does not allow a pod of the runner's size.",
        "Use another machine size, or have the limit changed: `kubectl describe limitrange`.",
    ),
    FailureClass(
        "NamespaceLimit",
        None,
        "The namespace has as many runners as it may have at once.",
        "Wait until its tasks end, or have the limit raised: jobs.maxRunnersPerNamespace of the"
        " chart, FAIRLEAD_OPERATOR_NAMESPACE_RUNNERS of the operator.",
    ),
    FailureClass(
        "AccountMissing",
        None,
        "The service account of the runners does not exist in this namespace.",
        "Make it, with the label fairlead.dev/runner=true and the runner's role, or name another"
        " in spec.serviceAccountName.",
    ),
    FailureClass(
        "AccountNotAllowed",
        None,
        "The service account is not one that runners may run under.",
        "Whoever looks after the namespace labels it: `kubectl label serviceaccount NAME"
        " fairlead.dev/runner=true`.",
    ),
    FailureClass(
        "PodRefused",
        None,
        "The API server refuses the runner's pod: a policy, a limit or a webhook forbids it.",
        "The message names what refuses it; change that, or the machine size.",
    ),
    FailureClass(
        "UnknownMachineSize",
        None,
        "There is no MachineSize of that name.",
        "`kubectl get flsize` lists those there are; make it, or submit with another.",
    ),
    FailureClass(
        "InvalidMachineSize",
        None,
        "The MachineSize cannot be used.",
        "Its condition Ready says what is wrong with it: `kubectl describe flsize`.",
    ),
    FailureClass(
        "UnknownMachineGroup",
        None,
        "There is no MachineGroup of that name in this namespace.",
        "`kubectl get flgroup` lists those there are; make it, or submit elsewhere.",
    ),
    FailureClass(
        "GroupTerminated",
        OutcomeKind.NON_RETRYABLE,
        "The machine group was terminated before the run had started.",
        "Start another group and run it there; wait for a run before its group is terminated.",
    ),
    FailureClass(
        "NoCompatibleRelease",
        None,
        "No Release publishes the task in a version that may run it.",
        "Publish one that does, or submit the task in a version that is published.",
    ),
    FailureClass(
        "ReleaseBroken",
        None,
        "The Release that would run the task cannot be used.",
        "Its condition Ready says why: `kubectl describe flrel`. Publish it again.",
    ),
)

FAILURES: Mapping[str, FailureClass] = MappingProxyType(
    {one.reason: one for one in (*_USER, *_DISRUPTED, *_NEVER_STARTED, *_PLATFORM, *_WAITING)}
)
"""Reason -> the way to fail."""

BY_KIND: Mapping[OutcomeKind, FailureClass] = MappingProxyType(
    {
        OutcomeKind.ERROR: FAILURES["Error"],
        OutcomeKind.NON_RETRYABLE: FAILURES["NonRetryable"],
        OutcomeKind.TIMEOUT: FAILURES["Timeout"],
        OutcomeKind.OUT_OF_MEMORY: FAILURES["OutOfMemory"],
        OutcomeKind.CRASHED: FAILURES["Crashed"],
        OutcomeKind.DISRUPTED: FAILURES["Disrupted"],
        OutcomeKind.NEVER_STARTED: FAILURES["NeverStarted"],
        OutcomeKind.LOST: FAILURES["Lost"],
        OutcomeKind.RELEASED: FAILURES["Released"],
    }
)
"""The way to fail that stands for each kind of outcome where nothing more is known."""

OF_THE_TASK: Collection[str] = frozenset(one.reason for one in _USER)
"""Ways to fail whose message comes from the task, so that it names no remedy."""


def with_remedy(reason: str, message: str) -> str:
    """Return a message with the remedy behind it, if it has none because a task wrote it."""
    return explained(reason, message) if reason in OF_THE_TASK else message


def explained(reason: str, message: str) -> str:
    """Return a message with the remedy of its reason behind it."""
    known = FAILURES.get(reason)
    if known is None:
        return message
    what = message.strip() or known.meaning
    end = "" if what.endswith((".", "!", "?", "…")) else "."
    return f"{what}{end} {known.remedy}"
