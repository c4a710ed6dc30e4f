"""A program whose tasks try to get at their runner's token, and at other tasks."""

import array
import json
import os
import re
import signal
import socket
import ssl
import stat
import struct
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from fairlead import ExecutionContext, Task

# Made of pieces, so that it is not found in this very program.
TOKEN = re.compile(b"ey" + rb"J[\w-]{20,}\.ey" + rb"J[\w-]{40,}\.[\w-]{40,}")
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
LINK = "/fairlead/link"
CHUNK = 1 << 20
OVERLAP = 4096


class Attack(Task):
    """Does what it is told to try, and returns what came of it."""

    what: str
    gate: str = ""

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "isolation.example/Attack", "v1.0"

    def execute(self, context: ExecutionContext) -> object:
        if self.gate:
            if Path(self.gate).exists():
                return "the next attempt"
            Path(self.gate).touch()
        name, _, rest = self.what.partition(":")
        found: object = globals()[name](*([rest] if rest else []))
        return found


def nothing() -> str:
    """Be a good task."""
    return "nothing"


# --- looking for the token ------------------------------------------------------------


def search() -> dict[str, object]:
    """Look for a token wherever something can be read."""
    files, here = _files()
    processes, there = _processes()
    return {
        "account": os.path.exists(ACCOUNT),
        "variables": sorted(name for name in os.environ if "TOKEN" in name or "STORE" in name),
        "files": files,
        "processes": processes,
        "found": sorted({*here, *there}),
        "others": [pid for pid in processes if _owner(pid) not in (os.getuid(), 0)],
    }


def _files() -> tuple[int, list[str]]:
    count, found = 0, []
    for where, folders, names in os.walk("/"):
        if where == "/":
            folders[:] = [name for name in folders if name not in ("proc", "sys", "dev")]
        for name in names:
            path = os.path.join(where, name)
            if os.path.isfile(path):
                count += 1
                if _holds_token(path):
                    found.append(path)
    return count, found


def _processes() -> tuple[list[int], list[str]]:
    pids = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
    found = []
    for pid in pids:
        places = ("environ", "cmdline", f"root{ACCOUNT}/token")
        found += [place for one in places if _holds_token(place := f"/proc/{pid}/{one}")]
        if any(TOKEN.search(part) for part in _memory(pid)):
            found.append(f"/proc/{pid}/mem")
    return pids, found


def _holds_token(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            end = b""
            while data := file.read(CHUNK):
                if TOKEN.search(end + data):
                    return True
                end = data[-OVERLAP:]
    except OSError:
        pass
    return False


def _memory(pid: int) -> Iterator[bytes]:
    try:
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
            for line in maps:
                place, rights, *_ = line.split()
                first, last = (int(one, 16) for one in place.split("-"))
                if not rights.startswith("r") or "[v" in line:
                    continue
                memory.seek(first)
                left = last - first
                while left > 0 and (data := memory.read(min(left, CHUNK))):
                    left -= len(data)
                    yield data
    except (OSError, ValueError, OverflowError):
        return


def _owner(pid: int) -> int:
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return 0


# --- asking without one ---------------------------------------------------------------


def ask() -> list[int]:
    """Ask the API server for this and that, as nobody."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    namespace = os.environ["FAIRLEAD_NAMESPACE"]
    ours = f"/apis/fairlead.dev/v1beta1/namespaces/{namespace}/tasks"
    asked = [
        ("GET", ours, None),
        ("GET", f"/api/v1/namespaces/{namespace}/secrets", None),
        ("GET", f"/api/v1/namespaces/{namespace}/pods", None),
        ("POST", f"/api/v1/namespaces/{namespace}/pods", {}),
        ("PATCH", f"{ours}/any/status", {"status": {"state": "Completed"}}),
    ]
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return [
        _status(context, f"https://{host}:{port}{path}", how, body) for how, path, body in asked
    ]


def _status(context: ssl.SSLContext, url: str, how: str, body: object) -> int:
    data = None if body is None else json.dumps(body).encode()
    kind = "application/merge-patch+json" if how == "PATCH" else "application/json"
    request = urllib.request.Request(url, data, {"Content-Type": kind}, method=how)
    try:
        with urllib.request.urlopen(request, context=context, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


# --- the socket -----------------------------------------------------------------------


def link() -> dict[str, object]:
    """Look for the agent's socket, and for others that somebody listens at."""
    reached = []
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        path = line.split()[7] if len(line.split()) > 7 else ""
        for kind in (socket.SOCK_SEQPACKET, socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_UNIX, kind) as sock:
                try:
                    sock.connect(path.replace("@", "\0", 1) if path else f"{LINK}/socket")
                    reached.append(path)
                except OSError:
                    pass
    try:
        Path(LINK, "socket").touch()
        may_write = True
    except OSError:
        may_write = False
    return {"there": os.listdir(LINK), "reached": reached, "may_write": may_write}


# --- what is no message ---------------------------------------------------------------


def garbage(kind: str) -> None:
    """Say something to the agent that no worker says, and wait for what comes of it."""
    for line in _lines():
        globals()[f"_{kind}"](line)
    time.sleep(600)


def _lines() -> list[socket.socket]:
    """All packet sockets of this process: one of them is its line to the agent."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            if stat.S_ISSOCK(os.stat(f"/proc/self/fd/{name}").st_mode):
                sock = socket.socket(fileno=os.dup(int(name)))
                if sock.type == socket.SOCK_SEQPACKET:
                    found.append(sock)
        except OSError:
            continue
    return found


def _packet(line: socket.socket, kind: int, body: bytes, *files: int, ticket: int = 0) -> None:
    # What is not this attempt's would only be passed over: try those that it may be.
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))] if files else []
    for number in [ticket] if ticket else range(1, 40):
        try:
            line.sendmsg([struct.pack("=qB", number, kind) + body], rights, socket.MSG_DONTWAIT)
        except OSError:
            return


def _noise(line: socket.socket) -> None:
    _packet(line, 11, os.urandom(500))
    _packet(line, 77, b"what?")


def _deep(line: socket.socket) -> None:
    _packet(line, 12, b"[" * 50_000)


def _pipe(line: socket.socket) -> None:
    reading, _ = os.pipe()
    _packet(line, 12, b"", reading)


def _endless(line: socket.socket) -> None:
    descriptor = os.memfd_create("endless")
    os.ftruncate(descriptor, 1 << 40)
    _packet(line, 11, b"", descriptor)


def _uncharged(line: socket.socket) -> None:
    """Claim to have been lost, which would cost no retry."""
    details = json.dumps({"failure": ["LOST", "Lost", "it was not me", "", None, ""]}).encode()
    for kind in (6, 7, 8, 9):
        _packet(line, 11, struct.pack("=BHIq", kind, 0, len(details), -1) + details)


def _odd(line: socket.socket) -> None:
    """Succeed with things in the outcome that are not what they should be."""
    for details in (
        {"display": 7},
        {"progress": [["a", 1e400, 2]]},
        {"children": [[1, 2, 3]]},
        {"failure": [1, 2, 3, 4, 5, 6]},
        {"options": [[{}] * 8], "children": [["i", "n", "v", None, 0, [], [], 0, None, None]]},
    ):
        data = json.dumps(details).encode()
        _packet(line, 11, struct.pack("=BHIq", 0, 0, len(data), -1) + data)


def _flood(line: socket.socket) -> None:
    end = time.monotonic() + 3
    while time.monotonic() < end:
        _packet(line, 12, json.dumps(["debug", "x" * 1000, {}]).encode())
    _noise(line)


# --- violence -------------------------------------------------------------------------


def kill_all() -> None:
    """Kill whatever can be killed."""
    os.kill(-1, signal.SIGKILL)
    time.sleep(600)


def kill_first() -> str:
    """Try to end, halt or look into the container's first process."""
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP, signal.SIGSEGV):
        os.kill(1, number)
    try:
        with open("/proc/1/mem", "rb"):
            return "its memory can be read"
    except OSError:
        return "still there"
