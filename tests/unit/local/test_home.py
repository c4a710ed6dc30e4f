"""Which places can hold a store."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.backends.local import home
from fairlead.errors import StoreError


def test_the_kind_of_a_file_system_is_that_of_the_innermost_mount() -> None:
    assert home.file_system(Path("/proc/self")) == "proc"
    assert home.file_system(Path("/")) not in ("", "proc")


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_a_network_file_system_is_refused(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLEAD_HOME", str(tmp_path))
    monkeypatch.setattr(home, "file_system", lambda folder: kind)
    with pytest.raises(StoreError, match=rf"network file system \({kind}\).*FAIRLEAD_HOME"):
        home.store_folder()
