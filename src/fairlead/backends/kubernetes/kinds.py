"""The kinds of objects that the backend reads and writes, and their paths."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote


class Kind(NamedTuple):
    """One kind of object, as its path names it; ``group`` is empty for the core's own."""

    group: str
    version: str
    plural: str

    def path(self, namespace: str, name: str = "", part: str = "") -> str:
        """Return the path of all of them in a namespace, of one, or of a part of one.

        The namespace of what is in none is empty.
        """
        root = f"/apis/{self.group}" if self.group else "/api"
        place = f"/namespaces/{quote(namespace)}" if namespace else ""
        path = f"{root}/{self.version}{place}/{self.plural}"
        if name:
            path += f"/{quote(name)}"
        return f"{path}/{part}" if part else path


GROUP = "fairlead.dev"
VERSION = "v1beta1"

JOBS = Kind(GROUP, VERSION, "jobs")
TASKS = Kind(GROUP, VERSION, "tasks")
RELEASES = Kind(GROUP, VERSION, "releases")
GROUPS = Kind(GROUP, VERSION, "machinegroups")
CONFIGMAPS = Kind("", "v1", "configmaps")
PODS = Kind("", "v1", "pods")
