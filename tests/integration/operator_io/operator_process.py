"""The operator as a process beside the test."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from tests.cluster.kubeapi import until
from tests.cluster.shell import direct


class OperatorProcess:
    """One operator process.

    Parameters
    ----------
    settings
        More of its settings, without their prefix.
    """

    def __init__(self, kubeconfig: Path, namespace: str, log: Path, **settings: str) -> None:
        self.log = log
        own = {"NAMESPACE": namespace, "WATCH": namespace, "PORT": "0", "LEASE_SECONDS": "6"}
        variables = {f"FAIRLEAD_OPERATOR_{name}": text for name, text in (own | settings).items()}
        variables |= {"FAIRLEAD_RUNNER_IMAGE": "runner", "KUBECONFIG": str(kubeconfig)}
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "fairlead_operator"],
                env=direct() | variables,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )

    @property
    def text(self) -> str:
        """Its log."""
        return self.log.read_text()

    def wait_said(self, text: str, timeout: float = 60) -> None:
        """Wait until its log has some text."""

        def said() -> bool:
            assert text in self.text or self._process.poll() is None, self.text
            return text in self.text

        until(f"the operator says {text!r}", said, timeout=timeout)

    def ask(self, path: str) -> tuple[int, str]:
        """Status and text of what it serves at a path."""
        self.wait_said("port=")
        port = re.findall(r"port=(\d+)", self.text)[-1]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()

    def wait_ready(self) -> None:
        """Wait until it is ready, as leader or in standby."""
        until("the operator is ready", lambda: self.ask("/readyz")[0] == 200, timeout=60)

    def wait_leading(self) -> None:
        """Wait until it is the one that acts."""
        self.wait_said("leading lease=")

    def number(self, name: str) -> float:
        """One of its numbers."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.ask("/metrics")[1], re.MULTILINE)
        assert found, name
        return float(found.group(1))

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self._process.pid, number)

    def wait_ended(self, timeout: float = 60) -> int:
        """Wait until it has ended; its exit code."""
        return self._process.wait(timeout)

    def end(self) -> None:
        """End it, whatever state it is in."""
        self._process.kill()
        self._process.wait()
