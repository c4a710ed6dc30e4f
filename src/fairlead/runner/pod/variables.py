"""The environment variables of a runner's pod, which the operator sets.

People set none of them.  Those after :data:`RUNNER` are for agents that run as ordinary
processes, beside an API server of the tests'.
"""

from __future__ import annotations

from fairlead.sdk.settings import NAMESPACE, STORE, Setting

__all__ = ["NAMESPACE", "POD_VARIABLES", "STORE"]

POD_NAME = Setting("FAIRLEAD_POD_NAME", "", "The pod's name.")
POD_UID = Setting("FAIRLEAD_POD_UID", "", "The pod's unique id.")
RUNNER = Setting("FAIRLEAD_RUNNER", "", "What the pod is for, as JSON.")
API_SERVER = Setting("FAIRLEAD_API_SERVER", "what Kubernetes says", "The API server's URL.")
API_TOKEN_FILE = Setting("FAIRLEAD_API_TOKEN_FILE", "the account's", "The file of the token.")
API_CA_FILE = Setting("FAIRLEAD_API_CA_FILE", "the account's", "The file of the authority.")
PACKAGE_FOLDER = Setting(
    "FAIRLEAD_PACKAGE_FOLDER", "/fairlead/package", "Where the parts of the archive are mounted."
)
WORK_FOLDER = Setting("FAIRLEAD_WORK_FOLDER", "/fairlead/work", "The folder for everything.")
TMP_FOLDER = Setting("FAIRLEAD_TMP_FOLDER", "/tmp", "The folder that is emptied after each task.")
HEALTH_PORT = Setting("FAIRLEAD_HEALTH_PORT", "8080", "Where the agent says that it lives; 0: not.")
LINK = Setting(
    "FAIRLEAD_LINK", "", "The socket between the agent and a task's code in another container."
)

POD_VARIABLES: tuple[Setting, ...] = (
    POD_NAME,
    POD_UID,
    RUNNER,
    API_SERVER,
    API_TOKEN_FILE,
    API_CA_FILE,
    PACKAGE_FOLDER,
    WORK_FOLDER,
    TMP_FOLDER,
    HEALTH_PORT,
    LINK,
)
"""Every variable of a pod that is not also one of :data:`fairlead.sdk.settings.SETTINGS`."""
