"""The kinds that the operator reads and writes, and their addresses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind as the API server serves it.

    Attributes
    ----------
    group
        Its API group; empty for the core one.
    plural
        What its addresses call it.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """The ``apiVersion`` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """Its plural and group, as roles and metrics name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str | None = None, name: str = "", sub: str = "") -> str:
        """Return the address of an object, or of the collection where no name is given.

        ``namespace`` None is all namespaces, or the cluster for kinds that live in none.
        """
        words = ["/apis", self.api_version] if self.group else ["/api", self.version]
        if namespace is not None and self.namespaced:
            words += ["namespaces", namespace]
        return "/".join([*words, self.plural, *(word for word in (name, sub) if word)])

    def __str__(self) -> str:
        return self.resource


# As in the definitions (a test holds that). Those are not asked: the models they are made from
# would cost the operator 12 MiB.
GROUP = "fairlead.dev"
VERSION = "v1beta1"

JOBS = Kind(GROUP, VERSION, "jobs", "Job")
TASKS = Kind(GROUP, VERSION, "tasks", "Task")
RELEASES = Kind(GROUP, VERSION, "releases", "Release")
SIZES = Kind(GROUP, VERSION, "machinesizes", "MachineSize", False)
GROUPS = Kind(GROUP, VERSION, "machinegroups", "MachineGroup")
PODS = Kind("", "v1", "pods", "Pod")
ACCOUNTS = Kind("", "v1", "serviceaccounts", "ServiceAccount")
CONFIGMAPS = Kind("", "v1", "configmaps", "ConfigMap")
EVENTS = Kind("events.k8s.io", "v1", "events", "Event")
LEASES = Kind("coordination.k8s.io", "v1", "leases", "Lease")
DEFINITIONS = Kind(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", False
)

OWN_KINDS = (JOBS, TASKS, RELEASES, SIZES, GROUPS)
"""The kinds that Fairlead defines itself."""
