"""kopf may watch, and leaves nothing of its own on any object."""

from __future__ import annotations

from typing import Any

import kopf

from fairlead_operator.kube.kinds import JOBS, PODS
from fairlead_operator.observe.listwatch import Pace
from fairlead_operator.observe.own import Wanted
from fairlead_operator.observe.through_kopf import NoDiffBase, NoProgress, operator_settings


def test_its_stores_write_nothing_and_copy_nothing() -> None:
    patch: dict[str, Any] = {}
    body = {"metadata": {"name": "one"}, "spec": {"large": "value"}}
    progress = NoProgress()
    progress.store(key="handler", record={}, body=body, patch=patch)
    progress.purge(key="handler", body=body, patch=patch)
    progress.touch(body=body, patch=patch, value="now")
    NoDiffBase().store(body=body, patch=patch, essence={})
    assert patch == {}
    assert progress.clear(essence=body) is body
    assert NoDiffBase().build(body=body) == {}
    assert progress.fetch(key="handler", body=body) is None
    assert NoDiffBase().fetch(body=body) is None


def test_no_watch_of_it_may_freeze_and_nothing_is_posted() -> None:
    wanted = [Wanted(JOBS), Wanted(PODS, "app=mine")]
    settings = operator_settings(wanted, Pace(watch_seconds=50))
    assert settings.watching.server_timeout == 50
    assert settings.watching.client_timeout == 60
    assert not settings.posting.enabled
    assert isinstance(settings.persistence.progress_storage, NoProgress)
    assert isinstance(settings.persistence.diffbase_storage, NoDiffBase)
    assert list(settings.watching.label_selectors.values()) == ["app=mine"]
    assert isinstance(settings, kopf.OperatorSettings)
