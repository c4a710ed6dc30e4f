"""Credentials from a plugin, a program that a kubeconfig names: clouds work like that."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fairlead.backends.kubernetes.connection import bearer
from fairlead.errors import BackendUnavailableError

PATIENCE = 60.0
"""Seconds that a plugin may take; it may want its user to confirm something elsewhere."""


class ExecToken:
    """The answer of one plugin, asked for again once it has run out.

    Parameters
    ----------
    spec
        The kubeconfig's ``exec``.
    cluster
        The kubeconfig's cluster, for plugins that want to know it.
    folder
        The kubeconfig's folder, to which the program's path is relative.
    """

    def __init__(self, spec: Mapping[str, Any], cluster: Mapping[str, Any], folder: Path) -> None:
        self._spec = spec
        self._cluster = cluster
        self._folder = folder
        self._guard = threading.Lock()
        self._answer: dict[str, Any] | None = None

    def headers(self) -> dict[str, str]:
        """Return the headers with its token, if it gives one."""
        token = self._status().get("token")
        return bearer(token) if token else {}

    def certificate(self) -> tuple[str, str] | None:
        """Return the certificate and the key that it gives, if it does."""
        status = self._status()
        certificate = status.get("clientCertificateData")
        return (certificate, status.get("clientKeyData", "")) if certificate else None

    def renew(self) -> bool:
        """Forget the present answer; return True, since there may be another one."""
        with self._guard:
            self._answer = None
        return True

    def _status(self) -> dict[str, Any]:
        with self._guard:
            if self._answer is None or _has_run_out(self._answer):
                self._answer = self._ask()
            return self._answer

    def _ask(self) -> dict[str, Any]:
        command = self._command()
        try:
            done = subprocess.run(
                command,
                env=self._environment(),
                stdout=subprocess.PIPE,
                text=True,
                timeout=PATIENCE,
                check=True,
            )
            status = json.loads(done.stdout)["status"]
        except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
            hint = self._spec.get("installHint") or "see whether it works by itself"
            raise BackendUnavailableError(
                f"the kubeconfig's plugin {command[0]} gave no credentials: {error}; {hint}"
            ) from None
        return dict(status)

    def _command(self) -> list[str]:
        program = str(self._spec.get("command", ""))
        if os.sep in program:
            program = str(self._folder / program)
        return [program, *map(str, self._spec.get("args") or ())]

    def _environment(self) -> dict[str, str]:
        version = self._spec.get("apiVersion", "client.authentication.k8s.io/v1")
        info: dict[str, Any] = {"interactive": False}
        if self._spec.get("provideClusterInfo"):
            info["cluster"] = {
                "server": self._cluster.get("server"),
                "certificate-authority-data": self._cluster.get("certificate-authority-data"),
            }
        asked = {"apiVersion": version, "kind": "ExecCredential", "spec": info}
        extra = {entry["name"]: str(entry["value"]) for entry in self._spec.get("env") or ()}
        return {**os.environ, **extra, "KUBERNETES_EXEC_INFO": json.dumps(asked)}


def _has_run_out(status: Mapping[str, Any]) -> bool:
    until = status.get("expirationTimestamp")
    if not until:
        return False
    return datetime.fromisoformat(until) <= datetime.now(UTC)
