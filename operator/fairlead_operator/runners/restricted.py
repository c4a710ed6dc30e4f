"""What of a pod's security a patch may state: values within the restricted profile, no others.

Each rule says in words what is wrong with a value, or nothing.  The profile is the one of
Kubernetes' pod security standards, of which ``tests/integration/pods`` has the examples; the
rules are for one container under Linux.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Rule = Callable[[Any], str]

SAFE_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    }
)
"""Settings of the kernel that touch nothing outside the pod."""

SELINUX_TYPES = frozenset(
    {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
)


def only(*values: Any) -> Rule:
    """Return a rule that lets pass these values."""

    def rule(value: Any) -> str:
        # 1 is True, but neither is the other in JSON.
        fits = any(value == one and type(value) is type(one) for one in values)
        return "" if fits else "may only be " + " or ".join(_json(one) for one in values)

    return rule


def _json(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def number(least: int) -> Rule:
    """Return a rule that lets pass whole numbers from ``least`` on."""

    def rule(value: Any) -> str:
        fits = isinstance(value, int) and not isinstance(value, bool) and value >= least
        return "" if fits else f"must be a number from {least} on"

    return rule


def numbers(value: Any) -> str:
    """Let pass a list of whole numbers."""
    fits = isinstance(value, list) and not any(number(0)(one) for one in value)
    return "" if fits else "must be a list of numbers"


def text(value: Any) -> str:
    """Let pass a text."""
    return "" if isinstance(value, str) else "must be a text"


def profile(value: Any) -> str:
    """Let pass a profile of seccomp or AppArmor that confines."""
    return _fields(value, {"type": only("RuntimeDefault", "Localhost"), "localhostProfile": text})


def selinux(value: Any) -> str:
    """Let pass SELinux options that are for containers."""

    def kind(given: Any) -> str:
        fits = isinstance(given, str) and given in SELINUX_TYPES
        return "" if fits else "is not a type for containers"

    return _fields(value, {"type": kind, "level": text, "user": only(""), "role": only("")})


def capabilities(value: Any) -> str:
    """Let pass dropping all capabilities, and adding the one for ports below 1024."""

    def added(given: Any) -> str:
        fits = isinstance(given, list) and all(one == "NET_BIND_SERVICE" for one in given)
        return "" if fits else "may only hold NET_BIND_SERVICE"

    def dropped(given: Any) -> str:
        return "" if isinstance(given, list) and "ALL" in given else "must hold ALL"

    return _fields(value, {"add": added, "drop": dropped})


def sysctls(value: Any) -> str:
    """Let pass settings of the kernel that are the pod's own."""
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        return "must be a list of objects"
    unsafe = [name for name in (str(one.get("name")) for one in value) if name not in SAFE_SYSCTLS]
    return f"may not hold {', '.join(unsafe)}" if unsafe else ""


def port(value: Any) -> str:
    """Let pass a port of the container that is none of its node."""
    if not isinstance(value, Mapping) or not isinstance(value.get("containerPort"), int):
        return "needs containerPort"
    if value.get("hostPort") or value.get("hostIP"):
        return "may not be a port of the node"
    return ""


def ports(value: Any) -> str:
    """Let pass ports of the container that are none of its node."""
    if not isinstance(value, list):
        return "must be a list of objects"
    return next((found for found in map(port, value) if found), "")


def _fields(value: Any, rules: Mapping[str, Rule]) -> str:
    """Return what is wrong with the fields of an object."""
    if not isinstance(value, Mapping):
        return "must be an object"
    for name, below in value.items():
        if name not in rules:
            return f"{name} may not be patched"
        if found := rules[name](below):
            return f"{name} {found}"
    return ""


SHARED: Mapping[str, Rule] = {
    "runAsNonRoot": only(True),
    "runAsUser": number(1),
    "runAsGroup": number(0),
    "seccompProfile": profile,
    "appArmorProfile": profile,
    "seLinuxOptions": selinux,
}

POD_SECURITY: Mapping[str, Rule] = {
    **SHARED,
    "fsGroup": number(0),
    "fsGroupChangePolicy": only("OnRootMismatch", "Always"),
    "supplementalGroups": numbers,
    "supplementalGroupsPolicy": only("Merge", "Strict"),
    "sysctls": sysctls,
}
"""What may be stated of the pod."""

CONTAINER_SECURITY: Mapping[str, Rule] = {
    **SHARED,
    "allowPrivilegeEscalation": only(False),
    "privileged": only(False),
    "readOnlyRootFilesystem": only(True),
    "procMount": only("Default"),
    "capabilities": capabilities,
}
"""What may be stated of its container."""
