"""Opens a session, starts instances of which the second queues, and stays."""

from __future__ import annotations

import time

from fairlead.sessions import Session, task


@task
def linger(seconds: float) -> str:
    time.sleep(seconds)
    return "lingered"


with Session(name="abandoned") as session:
    first = linger.instance().start(60.0)
    second = linger.instance().start(60.0)
    while first.status != "running":
        time.sleep(0.005)
    print(session.id, flush=True)
    time.sleep(60)
