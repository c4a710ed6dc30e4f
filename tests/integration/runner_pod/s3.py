"""A server that speaks S3 on a folder of this machine, for as long as a block lasts."""

from __future__ import annotations

import os
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.kubeapi import until
from tests.cluster.ports import free_port
from tests.cluster.shell import HopelessError
from tests.site import helm

BUCKET = "fairlead"
KEY, SECRET = "key-of-the-tests", "secret-of-the-tests"


@dataclass(frozen=True)
class Gateway:
    """Where the server is."""

    port: int

    @property
    def url(self) -> str:
        """A place in its bucket."""
        return f"s3://{BUCKET}/some/where"

    @property
    def environment(self) -> dict[str, str]:
        """What a client needs to know, as for any S3 that is not Amazon's."""
        return {
            "AWS_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }


@contextmanager
def serving(folder: Path) -> Iterator[Gateway]:
    """Serve a folder with one empty bucket."""
    program = helm.build("versitygw")
    for name in (f"buckets/{BUCKET}", "attributes"):
        (folder / name).mkdir(parents=True)
    made = Gateway(free_port())
    command: list[str | Path] = [
        program,
        "--port",
        f"127.0.0.1:{made.port}",
        "--health",
        "/healthz",
    ]
    access = {"ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "posix", "--sidecar", folder / "attributes", folder / "buckets"],
            env=os.environ | access,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        until("the gateway answers", lambda: _answers(made, process, folder / "log"), timeout=60)
        yield made
    finally:
        process.terminate()
        process.wait(30)


def _answers(gateway: Gateway, process: subprocess.Popen[bytes], log: Path) -> bool:
    if process.poll() is not None:
        raise HopelessError(f"the gateway has ended; it said:\n{log.read_text()}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    address = f"http://127.0.0.1:{gateway.port}/healthz"
    try:
        return bool(opener.open(address, timeout=5).status == 200)
    except OSError:
        return False
