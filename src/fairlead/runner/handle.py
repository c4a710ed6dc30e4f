"""The driver's side of one worker: its sockets, its slot and the tickets it has been given.

Each worker has a queue of its own, a packet socket whose far end the driver holds too.
Tickets that a worker has not taken can so be taken back and given to another, and when
a worker dies it is certain which tickets it had: those given, less those answered, less
those still in the queue.  Exactly one of them can have been begun: its slot says which.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket

from fairlead.runner import protocol, wire
from fairlead.runner.seat import Seat
from fairlead.runner.slots import Slot
from fairlead.sdk.attempt import OutcomeKind

STDOUT, STDERR = 0, 1
_CHUNK = 1 << 16


class WorkerHandle:
    """One worker process, from before it is forked until its end has been dealt with.

    Attributes
    ----------
    index, slot
        Which slot of the shared table is this worker's.
    pid
        Its process id; 0 until the zygote has forked it.
    given
        Tickets sent to it and not answered, in the order sent (a dict as ordered set).
    blocked
        Whether its task waits for others, so that it takes no place in the pool.
    retiring
        Whether it gets no more tickets and is to end.
    killed_for
        The ticket for which it is being killed, and the outcome that ticket then has.
    """

    def __init__(self, index: int, slot: Slot, trusted: bool = True) -> None:
        slot.clear()
        self.index = index
        self.slot = slot
        self.pid = 0
        self.given: dict[int, None] = {}
        self.blocked = False
        self.retiring = False
        self.killed_for: tuple[int, OutcomeKind] | None = None
        self._tasks, self._tasks_far = wire.packet_pair()
        self.talk, self._talk_far = wire.packet_pair()
        stdout, self._stdout_far = os.pipe()
        stderr, self._stderr_far = os.pipe()
        # Whether a pipe may block is shared by all who hold the same end of it, and the worker
        # holds these ends, too.
        self._seen = () if trusted else (stdout, stderr)
        self.outputs = (stdout, stderr) if trusted else (_another(stdout), _another(stderr))
        self._receiver = wire.Receiver(self.talk)
        self._returned = wire.Receiver(self._tasks_far)
        # Not the far ends: whether one may block is shared with the worker.
        for sock in (self._tasks, self.talk):
            sock.setblocking(False)
        for pipe in self.outputs:
            os.set_blocking(pipe, False)

    @property
    def seat(self) -> Seat:
        """The worker's ends, to be passed to the zygote."""
        far = (self._stdout_far, self._stderr_far)
        seen = self._seen or self.outputs
        return Seat(self._tasks_far.fileno(), self._talk_far.fileno(), *far, *seen)

    def seat_taken(self) -> None:
        """Close the ends that only the worker needs."""
        self._talk_far.close()
        for descriptor in (self._stdout_far, self._stderr_far, *self._seen):
            os.close(descriptor)

    @property
    def takes_tickets(self) -> bool:
        """Whether it may be given work."""
        return not (self.retiring or self.blocked)

    def give(self, ticket: int, kind: int, body: bytes) -> bool:
        """Queue a ticket for the worker; False if its queue is full."""
        # Before it is sent: what a quick worker says of it may be read before send returns.
        self.given[ticket] = None
        try:
            wire.send(self._tasks, ticket, kind, body)
        except OSError as error:
            del self.given[ticket]
            # Too many references: too many large messages are on their way.
            if error.errno in (errno.EAGAIN, errno.ETOOMANYREFS):
                return False
            raise
        return True

    def take_back(self) -> list[int]:
        """Return the tickets that the worker has not taken, which are no longer its own."""
        taken = []
        with contextlib.suppress(BlockingIOError):
            while (message := self._returned.receive(socket.MSG_DONTWAIT)) is not None:
                message.drop()
                if message.kind != protocol.EXIT:
                    del self.given[message.ticket]
                    taken.append(message.ticket)
        if self.retiring:
            self._send_exit()
        return taken

    def ask_to_stop(self, ticket: int) -> None:
        """Ask it to stop a ticket that it has taken.

        It takes tickets in order, so one before another that was asked to stop is over.
        """
        given, asked = list(self.given), self.slot.asked_to_stop
        if asked not in self.given or given.index(asked) < given.index(ticket):
            self.slot.asked_to_stop = ticket

    def retire(self) -> None:
        """Let it end after what it is running.  Take back what it has not begun first."""
        self.retiring = True
        self._send_exit()

    def _send_exit(self) -> None:
        # The queue has just been emptied; the worker may have died.
        with contextlib.suppress(OSError):
            wire.send(self._tasks, 0, protocol.EXIT)

    def receive(self) -> wire.Message | None:
        """Return the next message from the worker; None if there is none at present."""
        try:
            return self._receiver.receive()
        except (BlockingIOError, ConnectionError):
            return None

    def answer(self, body: bytes) -> None:
        """Answer the worker's question; it may have died meanwhile."""
        with contextlib.suppress(OSError):
            wire.send(self.talk, 0, protocol.ANSWER, body)

    def read_output(self, stream: int) -> tuple[int, bytes]:
        """Return what the worker has written (nothing new: empty) and the ticket that wrote it.

        Call :meth:`output_dealt_with` once the text has been passed on: until then the
        worker does not end its ticket.
        """
        self.slot.reading = True
        try:
            data = os.read(self.outputs[stream], _CHUNK)
        except BlockingIOError:
            data = b""
        return self.slot.ticket, data

    def output_dealt_with(self) -> None:
        """Let the worker go on."""
        self.slot.reading = False

    def close(self) -> None:
        """Let go of everything, after the worker's end."""
        for sock in (self._tasks, self._tasks_far, self.talk):
            sock.close()
        for pipe in self.outputs:
            os.close(pipe)


def _another(pipe: int) -> int:
    """Return the same end of a pipe, opened once more."""
    return os.open(f"/proc/self/fd/{pipe}", os.O_RDONLY | os.O_CLOEXEC)
