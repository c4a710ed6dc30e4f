"""The agent of a runner's pod: ``python -m fairlead.runner.pod``.

It is the pod's first process.  It talks to the API server by the standard library alone,
imports no program and runs no task: that is done by workers which a zygote forks
(:mod:`fairlead.runner.pool`).  ``docs/adr/0012-runner-protocol.md`` says what it writes when.
"""

WORKER = "fairlead.runner.pod.worker"
"""The module that the zygote and its workers run."""
