"""The names of Tasks and pods: made from what they are for, never drawn at random.

A name is a readable part followed by 80 bits of a hash over what tells the object from
all others.  Whoever makes the object again, after a crash or a lost reply, makes the same
name, and the API server answers that it is there already.
"""

from __future__ import annotations

import re
from hashlib import sha256
from unicodedata import normalize

from fairlead.api.constants import MAX_JOB_NAME

HASH_LENGTH = 16
"""Characters of five bits each: 80 bits, so that 50,000 names of a job never meet."""

_PREFIX = 37
"""The longest readable part; a hash and an attempt of seven digits come after it."""

_ALPHABET = b"abcdefghijklmnopqrstuvwxyz234567"
_FIVE_BITS = bytes(_ALPHABET[byte & 31] for byte in range(256))


def digest(*parts: str | int) -> str:
    """Return 80 bits of a hash over some parts, as 16 lower-case letters and digits.

    The parts are kept apart: ``("ab", "c")`` and ``("a", "bc")`` give different hashes.
    """
    joined = "".join(f"{len(text)}:{text}" for text in map(str, parts))
    return sha256(joined.encode()).digest()[:HASH_LENGTH].translate(_FIVE_BITS).decode("ascii")


def _ascii(text: str) -> str:
    """Return a text in lower case without accents and without what is left of other scripts."""
    return normalize("NFKD", text.lower()).encode("ascii", "ignore").decode("ascii")


def readable(*words: str) -> str:
    """Return words as the readable part of a name: lower case, letters, digits and dashes."""
    plain = [re.sub(r"[^a-z0-9]+", "-", _ascii(word)).strip("-") for word in words]
    return "-".join(word for word in plain if word)[:_PREFIX].rstrip("-")


def _shortened(job: str, word: str) -> str:
    """Return job and word in one readable part, in which both are seen however long they are."""
    room = _PREFIX - 1
    tail = readable(word)[: room // 2].rstrip("-")
    return readable(job[: room - len(tail)], tail) or "task"


def last_word(identifier: str) -> str:
    """Return the end of an identifier, ``Fetch`` of ``acme.example/Fetch``."""
    return identifier.rstrip("/").rpartition("/")[2]


def task_name(job: str, word: str, *, parent_uid: str, run: int, attempt: int, key: str) -> str:
    """Return the name of a Task.

    Parameters
    ----------
    job
        The job's name, for people.
    word
        What else people recognise it by: its key, or the last word of its identifier.
    parent_uid
        The unique id of the Task that submits it, or of the Job.
    run
        The job's run.
    attempt
        The attempt of the parent that submits it; 0 at the top level.
    key
        What it is called among its siblings.
    """
    return f"{_shortened(job, word)}-{digest('task', parent_uid, run, attempt, key)}"


def pod_name(task: str, *, creator_uid: str, attempt: int) -> str:
    """Return the name of the pod that is made for an attempt of a Task.

    Parameters
    ----------
    task
        The Task's name, for people: the pod's begins like it.
    creator_uid
        The Task's unique id.
    attempt
        Its attempt; also seen at the end of the name.
    """
    return f"{_stem(task)}-{digest('pod', creator_uid, attempt)}-a{attempt}"


def group_pod_name(group: str, *, group_uid: str, ordinal: int) -> str:
    """Return the name of the pod number ``ordinal`` of a MachineGroup."""
    return f"{readable(group) or 'group'}-{digest('group', group_uid, ordinal)}-{ordinal}"


def _stem(task: str) -> str:
    """Return a Task's name without its hash, shortened so that a pod's name stays in bounds."""
    stem, _, end = task.rpartition("-")
    return readable(stem if len(end) == HASH_LENGTH and stem else task) or "task"


def job_name(title: str, identity: str) -> str:
    """Return the name of the Job that a program submits under any title.

    Parameters
    ----------
    title
        The name that its author gave; it need not be a name to Kubernetes.
    identity
        Something unique, which makes the name unique: the job's id.
    """
    room = MAX_JOB_NAME - HASH_LENGTH - 1
    prefix = readable(title)[:room].rstrip("-") or "job"
    return f"{prefix}-{digest('job', identity)}"
