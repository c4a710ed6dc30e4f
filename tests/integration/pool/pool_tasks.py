"""Tasks for the pool's tests, found by name: what a worker runs instead of the SDK.

The pool must hold whatever the SDK does, so most of these misbehave on purpose.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fairlead.runner.worker import blocked
from fairlead.sdk.attempt import AttemptHost, AttemptOrder, AttemptOutcome, OutcomeKind
from fairlead.sdk.backend import NewTask, Progress, TaskOptions

Task = Callable[[Any, AttemptHost], Any]


def run(order: AttemptOrder, host: AttemptHost) -> AttemptOutcome:
    """Run the function of this module that the order names; its result is the outcome's."""
    if order.identifier == "nothing":
        return AttemptOutcome(OutcomeKind.SUCCEEDED, order.input, version=order.version)
    task: Task = globals()[order.identifier]
    result = task(json.loads(order.input), host)
    if isinstance(result, AttemptOutcome):
        return result
    return AttemptOutcome(OutcomeKind.SUCCEEDED, json.dumps(result).encode(), version="v1.7")


def echo(value: Any, host: AttemptHost) -> Any:
    return value


def pid(value: Any, host: AttemptHost) -> int:
    return os.getpid()


def sleep(value: Any, host: AttemptHost) -> Any:
    time.sleep(value)
    return value


def touch_and_sleep(value: Any, host: AttemptHost) -> Any:
    """Say in a file that it has begun, then sleep."""
    path, seconds = value
    with open(path, "a") as file:
        file.write(f"{os.getpid()}\n")
    time.sleep(seconds)
    return value


def until_stopped(value: Any, host: AttemptHost) -> str:
    if value:
        open(value, "w").close()
    while not host.should_stop():
        time.sleep(0.005)
    return "stopped"


def stop_slowly(value: Any, host: AttemptHost) -> str:
    """Look whether to stop only now and then."""
    open(value, "w").close()
    time.sleep(0.2)
    while not host.should_stop():
        time.sleep(0.05)
    return "stopped"


def leave(value: Any, host: AttemptHost) -> None:
    os._exit(value)


def close_everything(value: Any, host: AttemptHost) -> None:
    os.closerange(3, 256)


def sys_exit(value: Any, host: AttemptHost) -> None:
    sys.exit(value)


def segfault(value: Any, host: AttemptHost) -> None:
    ctypes.string_at(0)


def kill_self(value: Any, host: AttemptHost) -> None:
    os.kill(os.getpid(), value)
    time.sleep(10)


def overflow_stack(value: Any, host: AttemptHost) -> None:
    # A small stack, because later versions of Python count calls of native code.
    resource.setrlimit(resource.RLIMIT_STACK, (64 * 1024, resource.RLIM_INFINITY))
    sys.setrecursionlimit(10**9)

    class Endless:
        def __repr__(self) -> str:
            return repr(self)

    repr(Endless())


def allocate(value: Any, host: AttemptHost) -> int:
    return len(bytearray(value))


def raise_error(value: Any, host: AttemptHost) -> None:
    raise ValueError(value)


def not_an_outcome(value: Any, host: AttemptHost) -> AttemptOutcome:
    return AttemptOutcome(OutcomeKind.SUCCEEDED, b"1", display=object())  # type: ignore[arg-type]


def say(value: Any, host: AttemptHost) -> None:
    """Print texts, each to the stream it names."""
    for stream, text in value:
        print(text, end="", file=getattr(sys, stream))


def print_much(value: Any, host: AttemptHost) -> None:
    line = "x" * 99
    for _ in range(value // 100):
        print(line)


def shout(value: Any, host: AttemptHost) -> None:
    """Print without Python's streams: by the bare descriptor and by a child process."""
    os.write(1, b"bare\n")
    subprocess.run(["echo", value], check=True)
    os.write(2, b"unfinished")


def spoil_surroundings(value: Any, host: AttemptHost) -> None:
    os.chdir("/")
    sys.stdout.close()
    sys.stderr = None
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.alarm(1)


def surroundings(value: Any, host: AttemptHost) -> list[Any]:
    print("heard")
    interrupt = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    return [os.getcwd(), interrupt, signal.alarm(0)]


def start_child(value: Any, host: AttemptHost) -> int:
    """Leave a process behind that has left our session and lost its parent."""
    script = 'setsid sh -c \'echo $$ > "$0"; exec sleep 300\' "$0" &'
    subprocess.run(["sh", "-c", script, value], check=True)
    file = Path(value)
    while not (file.exists() and file.read_text().endswith("\n")):
        time.sleep(0.005)
    return int(file.read_text())


def start_child_and_wait(value: Any, host: AttemptHost) -> None:
    start_child(value, host)
    time.sleep(300)


def fork_and_return(value: Any, host: AttemptHost) -> int:
    """Let a forked copy return from the task, too."""
    os.fork()
    return os.getpid()


def talk(value: Any, host: AttemptHost) -> None:
    host.log("info", "first", {"n": 1, "odd": {1, 2}.__class__})
    host.report("Talk", (Progress("steps", 1, 3),), "one third")
    host.log("warning", "x" * 200_000, {})


def use_cache(value: Any, host: AttemptHost) -> list[Any]:
    cache = host.cache()
    group = cache.group("numbers")
    return [
        sorted(cache.keys()),
        cache["plain"].decode(),
        len(cache["large"]),
        group["one"].decode(),
        "absent" in cache,
    ]


def ask_broken_cache(value: Any, host: AttemptHost) -> None:
    host.cache().get("anything")


def files(value: Any, host: AttemptHost) -> str:
    folder = host.files_folder()
    with open(os.path.join(folder, "left.txt"), "w") as file:
        file.write(value)
    return folder


def wait_for_file(value: Any, host: AttemptHost) -> str:
    """Wait, as a task does for other tasks, until one of those has made the file."""
    with blocked(), blocked():
        while not os.path.exists(value):
            time.sleep(0.005)
    return "seen"


def make_file(value: Any, host: AttemptHost) -> None:
    open(value, "w").close()


def everything(value: Any, host: AttemptHost) -> AttemptOutcome:
    """Return an outcome that uses every field, with options that children share."""
    options = TaskOptions(max_retries=2, machine_size="large")
    children = [
        NewTask(f"id{n}", "Child", "v1.0", "f.py", f"[{n}]".encode(), (), (n - 1,), options)
        for n in range(1, 4)
    ]
    return AttemptOutcome(
        OutcomeKind.SUCCEEDED,
        b"[0]",
        children=children,
        cache_writes={"k": b"\x00\xff", "empty": b""},
        display="D",
        progress=(Progress("p", 1, 2),),
        status_text="S",
        version="v2.3",
    )


def raw_message(value: Any, host: AttemptHost) -> None:
    """Do what a worker with damaged memory might: send bytes that mean nothing."""
    talk = host._talk  # type: ignore[attr-defined]
    talk.tell(host._ticket, value, b"\xff not json")  # type: ignore[attr-defined]
    time.sleep(30)


def signal_and_stay(value: Any, host: AttemptHost) -> str:
    os.kill(os.getpid(), value)
    return until_stopped("", host)


def say_and_wait(value: Any, host: AttemptHost) -> str:
    print(value)
    return until_stopped("", host)


def say_and_leave(value: Any, host: AttemptHost) -> None:
    print(value)
    os._exit(1)


def read_input(value: Any, host: AttemptHost) -> str:
    return sys.stdin.read()


def files_of_child(value: Any, host: AttemptHost) -> list[str]:
    """Return which files a process started by a task finds open."""
    command = [sys.executable, "-c", "import os; print(*os.listdir('/proc/self/fd'))"]
    names = subprocess.run(command, capture_output=True, check=True, text=True, close_fds=False)
    return sorted(names.stdout.split())


def path_and_arguments(value: Any, host: AttemptHost) -> list[list[str]]:
    return [sys.path, sys.argv]


_loaded: list[str] = []


def load(program: str) -> None:
    """Be the pool's loader: run a program and keep what it made."""
    names: dict[str, Any] = {}
    exec(compile(Path(program).read_text(), program, "exec"), names)
    _loaded.append(names["made"])


def loaded(value: Any, host: AttemptHost) -> list[str]:
    return _loaded


def burn(value: Any, host: AttemptHost) -> float:
    """Use so many seconds of CPU."""
    end = time.process_time() + value
    while time.process_time() < end:
        pass
    return time.process_time()


def burn_in_child(value: Any, host: AttemptHost) -> None:
    """Let a child use so many seconds of CPU, and wait for it."""
    _burning(value, "").wait()


def burn_and_hang(value: Any, host: AttemptHost) -> None:
    """Use CPU here and in a child, say in a file when that was done, and hang."""
    path, seconds = value
    burn(seconds, host)
    _burning(seconds, path)
    time.sleep(300)


def _burning(seconds: float, path: str) -> subprocess.Popen[bytes]:
    code = (
        "import sys, time\n"
        "while time.process_time() < float(sys.argv[1]): pass\n"
        "if sys.argv[2]: open(sys.argv[2], 'w').close(); time.sleep(300)\n"
    )
    return subprocess.Popen([sys.executable, "-S", "-c", code, str(seconds), path])


def hold(value: Any, host: AttemptHost) -> int:
    """Have so many bytes at once, and give them back."""
    held = bytearray(b"x" * value)
    return len(held)
