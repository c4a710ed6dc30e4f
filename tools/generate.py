"""Write every file of the repository that is derived from the code, or check them.

``python tools/generate.py`` writes; ``--check`` makes the same files in a temporary
folder, prints how the committed ones differ and fails if any does.  A new derived
file is one more entry in :data:`GENERATED`.
"""

from __future__ import annotations

import argparse
import difflib
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import adr_index
import crd_files
import dashboard_files
import definition_fields
import reference_cli
import reference_configuration
import reference_errors
import reference_failures
import reference_operator
import reference_resources
import reference_states
import runbook_index
from chart import files as chart_files

ROOT = Path(__file__).resolve().parent.parent

GENERATED: Mapping[str, Callable[[], str]] = {
    "docs/adr/README.md": adr_index.text,
    "docs/reference/cli.md": reference_cli.text,
    "docs/reference/configuration.md": reference_configuration.text,
    "docs/reference/errors.md": reference_errors.text,
    "docs/reference/failures.md": reference_failures.text,
    "docs/reference/operator.md": reference_operator.text,
    "docs/reference/resources.md": reference_resources.text,
    "docs/reference/states.md": reference_states.text,
    "docs/runbooks/README.md": runbook_index.text,
    "operator/fairlead_operator/definition_fields.txt": definition_fields.text,
    **crd_files.FILES,
    **dashboard_files.FILES,
    **chart_files.FILES,
}
"""Path from the repository's root -> the function that makes the file's text."""


def write_all(root: Path) -> None:
    """Write every generated file below ``root``."""
    for path, text in GENERATED.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text(), encoding="utf-8")


def differences(root: Path, fresh: Path) -> Iterator[str]:
    """Yield, for each file below ``root`` that is not what ``fresh`` holds, a unified diff."""
    for path in GENERATED:
        committed = root / path
        old = committed.read_text(encoding="utf-8") if committed.exists() else ""
        new = (fresh / path).read_text(encoding="utf-8")
        if old != new:
            lines = difflib.unified_diff(
                old.splitlines(), new.splitlines(), path, f"{path} (generated anew)", lineterm=""
            )
            yield "\n".join(lines)


def check() -> int:
    """Print how the committed files differ from fresh ones; return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        write_all(Path(folder))
        found = list(differences(ROOT, Path(folder)))
    if not found:
        return 0
    print("\n".join(found))
    print(f"{len(found)} derived files are not as the code has them; run 'make generate'.")
    return 1


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Write the files that are derived from code.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    if parser.parse_args(arguments).check:
        return check()
    write_all(ROOT)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
