"""Service accounts under which runners may run: those that are labelled for it.

Whoever may make Jobs could otherwise run code under every account of the namespace.
"""

from __future__ import annotations

from fairlead.api import labels
from fairlead_operator.runners.failures import explained
from fairlead_operator.runners.refusal import Refusal
from fairlead_operator.runners.seen import DELETED, Seen, name_of


class AccountIndex:
    """The accounts with the label, in all watched namespaces.

    Parameters
    ----------
    default
        The account of jobs that name none, which the installation makes; always allowed.
    """

    def __init__(self, default: str) -> None:
        self.default = default
        self._allowed: set[tuple[str, str]] = set()

    def observe(self, event: Seen) -> tuple[str, str]:
        """Take note of an event; return namespace and name of the account it is about."""
        key = name_of(event.object)
        marks = event.object["metadata"].get("labels") or {}
        if event.type != DELETED and marks.get(labels.RUNNER_ACCOUNT) == "true":
            self._allowed.add(key)
        else:
            self._allowed.discard(key)
        return key

    def choose(self, namespace: str, name: str | None) -> str | Refusal:
        """Return the account that a job's runners run under, or why it may not be.

        Parameters
        ----------
        name
            What the job or group names; None for the default.
        """
        if name is None or name == self.default or (namespace, name) in self._allowed:
            return name or self.default
        return Refusal(
            "AccountNotAllowed",
            explained(
                "AccountNotAllowed",
                f"There is no service account {name} with the label {labels.RUNNER_ACCOUNT}=true"
                f" in namespace {namespace}",
            ),
        )
