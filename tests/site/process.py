"""An operator that runs as a process of this machine, which tests may kill and start again."""

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from tests.cluster.kubeapi import until
from tests.cluster.native.process import Process, wait_ended
from tests.cluster.ports import free_port
from tests.cluster.shell import ClusterError, HopelessError, direct

READY_SECONDS = 60


class LocalOperator:
    """The operator of a site, as a process.

    Parameters
    ----------
    settings
        Its settings, as environment variables.
    folder
        Where its log goes: one file, to which every start adds.
    outlives
        Whether it goes on when this process ends.
    """

    def __init__(
        self, settings: Mapping[str, str], folder: Path, *, outlives: bool = False
    ) -> None:
        self.settings = dict(settings)
        self.log = folder / "operator.log"
        self.port = 0
        self._outlives = outlives
        self._started: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> Process | None:
        """The process, if it is alive."""
        if self._started is None or self._started.poll() is not None:
            return None
        return Process.of(self._started.pid)

    def start(self, **settings: str) -> None:
        """Start it, with more settings for this once, and wait until it is ready."""
        if self.process is not None:
            return
        self.port = free_port()
        own = {"FAIRLEAD_OPERATOR_PORT": str(self.port), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "fairlead_operator"]
        if not self._outlives:
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        with self.log.open("ab") as log:
            self._started = subprocess.Popen(
                command,
                env=_environment() | self.settings | own | settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=self._outlives,
            )
        until("the operator is ready", self._ready, timeout=READY_SECONDS)

    def kill(self) -> None:
        """End it without warning."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        """Kill it and start it again."""
        self.kill()
        self.start()

    def freeze(self) -> None:
        """Halt it where it is."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen one go on."""
        self._signal(signal.SIGCONT)

    def metrics(self) -> str:
        """What it says about itself, in the format of Prometheus."""
        return self._get("/metrics")

    def said(self, last: int = 20_000) -> str:
        """The end of its log."""
        if not self.log.exists():
            return ""
        return self.log.read_bytes()[-last:].decode(errors="replace")

    def _ready(self) -> bool:
        if self.process is None:
            raise HopelessError(f"the operator has ended; it said:\n{self.said(4000)}")
        try:
            return bool(self._get("/readyz"))
        except OSError:
            return False

    def _get(self, path: str) -> str:
        # No proxy, whatever the environment says.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def _signal(self, number: signal.Signals) -> None:
        found = self.process
        if found is None:
            raise ClusterError(f"the operator does not run; it said:\n{self.said(4000)}")
        found.send(number)

    def _end(self, number: signal.Signals) -> None:
        if self._started is None:
            return
        self._started.send_signal(signal.SIGCONT)
        self._started.send_signal(number)
        try:
            self._started.wait(30)
        except subprocess.TimeoutExpired:
            self._started.kill()
            self._started.wait(30)
            raise ClusterError(
                f"the operator ignored {number.name}; it said:\n{self.said(4000)}"
            ) from None


def end(process: Process) -> None:
    """End an operator that an earlier command has started."""
    process.send(signal.SIGTERM)
    if wait_ended([process], 20):
        process.send(signal.SIGKILL)


def _environment() -> dict[str, str]:
    """The caller's environment without Fairlead's settings, which are another program's."""
    return {name: text for name, text in direct().items() if not name.startswith("FAIRLEAD_")}
