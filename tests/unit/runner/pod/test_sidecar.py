"""Agent and keeper, each in a process of its own, and the line between them."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from fairlead.errors import BackendError, ReleaseError
from fairlead.runner import wire
from fairlead.runner.pod.settings import PodSettings, from_environment
from fairlead.runner.pod.sidecar import words
from fairlead.runner.pod.sidecar.ground import FarGround
from fairlead.runner.slots import make_table

PATIENCE = 60.0


def archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr("flow.py", "")
    return packed.getvalue()


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """The environment of both."""
    code = archive()
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "00").write_bytes(code)
    release = {"name": "r", "sha256": sha256(code).hexdigest(), "size": len(code), "package": True}
    return {
        "FAIRLEAD_POD_NAME": "pod",
        "FAIRLEAD_POD_UID": "uid",
        "FAIRLEAD_NAMESPACE": "team",
        "FAIRLEAD_RUNNER": json.dumps({"release": release, "memoryBytes": 2**40}),
        "FAIRLEAD_API_SERVER": "https://127.0.0.1:1",
        "FAIRLEAD_PACKAGE_FOLDER": str(tmp_path / "package"),
        "FAIRLEAD_WORK_FOLDER": str(tmp_path / "work"),
        "FAIRLEAD_TMP_FOLDER": str(tmp_path / "tmp"),
        "FAIRLEAD_LINK": str(tmp_path / "socket"),
    }


@pytest.fixture
def settings(variables: dict[str, str]) -> PodSettings:
    return from_environment(variables)


class Told:
    """How often an agent was told to look."""

    def __init__(self) -> None:
        self.times = 0
        self.news = threading.Condition()

    def __call__(self) -> None:
        with self.news:
            self.times += 1
            self.news.notify()

    def wait(self) -> None:
        with self.news:
            assert self.news.wait_for(lambda: self.times, PATIENCE)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def ground(settings: PodSettings, told: Told) -> Iterator[FarGround]:
    """The agent's side; nobody has come yet."""
    assert settings.link is not None
    made = FarGround(settings, settings.link, told)
    yield made
    made._line.close()


@pytest.fixture
def keeper(variables: dict[str, str], ground: FarGround) -> Iterator[subprocess.Popen[bytes]]:
    """A keeper that has come, and the release unpacked."""
    command = [sys.executable, "-m", "fairlead.runner.pod.sidecar"]
    process = subprocess.Popen(command, env={**os.environ, **variables})
    try:
        ground.unpack(None)
        yield process
    finally:
        process.kill()
        process.wait(PATIENCE)


Keeper = subprocess.Popen[bytes]


def test_the_keeper_unpacks_and_ends_with_its_agent(
    keeper: Keeper, ground: FarGround, tmp_path: Path
) -> None:
    assert (tmp_path / "work" / "package" / "flow.py").exists()
    assert ground.is_up
    assert not ground.gone
    ground._line.close()
    assert keeper.wait(PATIENCE) == 0


def test_nobody_else_can_come(keeper: Keeper, variables: dict[str, str]) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        assert sock.connect_ex(variables["FAIRLEAD_LINK"]) != 0


def test_a_code_that_is_not_what_was_published_is_told_of(
    variables: dict[str, str], told: Told
) -> None:
    wrong = json.loads(variables["FAIRLEAD_RUNNER"])
    wrong["release"]["sha256"] = "0" * 64
    variables["FAIRLEAD_RUNNER"] = json.dumps(wrong)
    made = FarGround(from_environment(variables), variables["FAIRLEAD_LINK"], told)
    command = [sys.executable, "-m", "fairlead.runner.pod.sidecar"]
    process = subprocess.Popen(command, env={**os.environ, **variables})
    with pytest.raises(ReleaseError, match="not what was published"):
        made.unpack(None)
    made._line.close()
    assert process.wait(PATIENCE) == 0


def test_files_are_handed_over_and_what_is_none_is_not(
    keeper: Keeper, ground: FarGround, tmp_path: Path
) -> None:
    folder = Path(ground.files, "job", "task")
    (folder / "deep").mkdir(parents=True)
    (folder / "one.txt").write_text("one")
    (folder / "one.txt").chmod(0o600)
    (folder / "deep" / "two.txt").write_text("two")
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "folder").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    found = {name: path.read_text() for name, path in ground.left_files("job", "task")}
    assert found == {"one.txt": "one", "deep/two.txt": "two"}
    ground.clean()
    assert dict(ground.left_files("job", "task")) == {}


def test_a_zygote_is_started_and_its_end_told_of(keeper: Keeper, ground: FarGround) -> None:
    table = make_table()
    sock, process = ground.start(table)
    os.close(table)
    assert process.pid > 0
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    sock.close()  # it ends with its driver
    assert process.wait(PATIENCE) == 1
    process.terminate()  # and nothing comes of it


def test_memory_that_is_full_is_told_of_once(
    variables: dict[str, str], settings: PodSettings, told: Told
) -> None:
    order = {**json.loads(variables["FAIRLEAD_RUNNER"]), "memoryBytes": 1}
    variables["FAIRLEAD_RUNNER"] = json.dumps(order)
    made = FarGround(from_environment(variables), variables["FAIRLEAD_LINK"], told)
    command = [sys.executable, "-m", "fairlead.runner.pod.sidecar"]
    process = subprocess.Popen(command, env={**os.environ, **variables})
    made.unpack(None)
    table = make_table()
    sock, zygote = made.start(table)  # something that takes more than a byte
    os.close(table)
    memory = made.memory()
    assert memory.limit == 1
    told.wait()
    assert memory.look() == (True, float("inf"))
    assert memory.peak > 1
    sock.close()
    zygote.wait(PATIENCE)
    made._line.close()
    assert process.wait(PATIENCE) == 0


def test_an_end_of_the_keeper_is_noticed(keeper: Keeper, ground: FarGround, told: Told) -> None:
    table = make_table()
    sock, process = ground.start(table)
    os.close(table)
    keeper.kill()
    told.wait()
    assert ground.gone
    assert process.wait(PATIENCE) < 0
    with pytest.raises(BackendError, match="has ended"):
        next(ground.left_files("job", "task"))
    ground.clean()
    assert ground.halt().place == ""
    sock.close()


# --- one that is no keeper -----------------------------------------------------------------


def say(sock: socket.socket, number: int, kind: int, body: bytes, *files: int) -> None:
    if files:
        wire.send_descriptors(sock, number, kind, list(files), body)
    else:
        wire.send(sock, number, kind, body)


def impostor(
    settings: PodSettings, ground: FarGround, answer: Callable[[socket.socket, int, int], None]
) -> threading.Thread:
    """Answer an agent's questions in place of a keeper."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def run() -> None:
        assert settings.link is not None
        sock.connect(settings.link)
        with sock:
            while (received := wire.receive_descriptors(sock)) is not None:
                answer(sock, received[0].ticket, received[0].kind)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ground.unpack(None)
    return thread


NONSENSE = {
    "no JSON": (words.DONE, b"{"),
    "deep": (words.DONE, b"[" * 50_000),
    "no such question": (words.DONE, b"null"),
    "an end of nothing": (words.ENDED, b"[77, 0]"),
    "an end that is none": (words.ENDED, b"7"),
}


@pytest.mark.parametrize(("kind", "body"), NONSENSE.values(), ids=NONSENSE)
def test_nonsense_ends_the_line(
    settings: PodSettings, ground: FarGround, told: Told, kind: int, body: bytes
) -> None:
    def answer(sock: socket.socket, number: int, asked: int) -> None:
        if asked == words.UNPACK:
            say(sock, number, words.DONE, b"null")
        else:
            said = 0 if kind == words.ENDED else number + (body == b"null")
            say(sock, said, kind, body)

    impostor(settings, ground, answer)
    with pytest.raises(BackendError):
        next(ground.left_files("job", "task"))
    told.wait()
    assert ground.gone


CODES = ["Infinity", "{}", '"nine"']


@pytest.mark.parametrize("code", CODES)
def test_an_end_with_no_number_ends_the_line_and_what_hangs_on_it(
    settings: PodSettings, ground: FarGround, told: Told, code: str
) -> None:
    def answer(sock: socket.socket, number: int, asked: int) -> None:
        say(sock, number, words.DONE, b"1")
        if asked == words.ZYGOTE:
            say(sock, 0, words.ENDED, f"[{number}, {code}]".encode())

    impostor(settings, ground, answer)
    table = make_table()
    control, process = ground.start(table)
    assert process.wait(PATIENCE) == -signal.SIGKILL
    told.wait()
    assert ground.gone
    control.close()
    os.close(table)


def test_open_files_that_nobody_has_asked_for_are_closed(
    settings: PodSettings, ground: FarGround
) -> None:
    reading, writing = os.pipe()

    def answer(sock: socket.socket, number: int, asked: int) -> None:
        kind = words.REFUSED if asked == words.FILES else words.DONE
        say(sock, number, kind, b"null", writing)

    impostor(settings, ground, answer)
    ground.clean()
    with pytest.raises(BackendError):
        next(ground.left_files("job", "task"))
    os.close(writing)
    os.set_blocking(reading, False)
    assert os.read(reading, 1) == b""  # for nobody can write any more
    os.close(reading)


def test_a_keeper_of_other_versions_is_refused_with_what_to_do(
    keeper: Keeper, ground: FarGround
) -> None:
    with pytest.raises(ReleaseError, match=r"Fairlead 0\.0\.9 with Python 3\.8.*anew"):
        ground._line.ask(words.UNPACK, ["0.0.9", "3.8"])


NAMES = ["../up", "/absolute", "a//b", "a/../b", "", 7, None, "a\0b"]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_a_name_that_leads_elsewhere_is_refused(
    settings: PodSettings, ground: FarGround, tmp_path: Path, name: object
) -> None:
    def answer(sock: socket.socket, number: int, asked: int) -> None:
        if asked != words.NEXT:
            say(sock, number, words.DONE, b"null")
            return
        descriptor = os.open(tmp_path / "package" / "00", os.O_RDONLY)
        say(sock, number, words.FILE, json.dumps(name).encode(), descriptor)
        os.close(descriptor)

    impostor(settings, ground, answer)
    with pytest.raises(BackendError, match="cannot be there"):
        next(ground.left_files("job", "task"))


def test_what_is_no_file_is_refused_and_not_read(settings: PodSettings, ground: FarGround) -> None:
    def answer(sock: socket.socket, number: int, asked: int) -> None:
        if asked != words.NEXT:
            say(sock, number, words.DONE, b"null")
            return
        reading, writing = os.pipe()
        say(sock, number, words.FILE, b'"pipe"', reading)
        os.close(reading)
        os.close(writing)

    impostor(settings, ground, answer)
    with pytest.raises(BackendError, match="no file"):
        next(ground.left_files("job", "task"))


def test_an_error_of_another_name_is_an_ordinary_one(
    settings: PodSettings, ground: FarGround
) -> None:
    def answer(sock: socket.socket, number: int, asked: int) -> None:
        kind, body = words.DONE, b"null"
        if asked != words.UNPACK:
            kind, body = words.REFUSED, b'["SystemExit", "leave"]'
        say(sock, number, kind, body)

    impostor(settings, ground, answer)
    with pytest.raises(BackendError, match="leave"):
        next(ground.left_files("job", "task"))


def test_a_keeper_without_an_agent_does_not_wait_for_ever(
    variables: dict[str, str], tmp_path: Path
) -> None:
    program = (
        "from fairlead.runner.pod.sidecar import words; words.CONNECT_SECONDS = 0.1; "
        "from fairlead.runner.pod.sidecar.__main__ import main; raise SystemExit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert "the container with the agent did not come up" in done.stderr
