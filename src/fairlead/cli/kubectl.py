"""The entry point of ``kubectl fairlead``: the same commands, in the cluster that kubectl means.

kubectl runs an executable of this name and hands it all words that follow.  Its own options
say which cluster is meant wherever they stand, so they are read first.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from fairlead.cli.main import main as fairlead

OPTIONS = {
    "--namespace": "FAIRLEAD_NAMESPACE",
    "-n": "FAIRLEAD_NAMESPACE",
    "--context": "FAIRLEAD_CONTEXT",
    "--kubeconfig": "KUBECONFIG",
}
"""kubectl's options, and the environment variable that says the same."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line on the cluster.

    Parameters
    ----------
    arguments
        The words after ``kubectl fairlead``; those of this process where None.

    Returns
    -------
    int
        The exit code: see :class:`fairlead.cli.exits.ExitCode`.
    """
    given = sys.argv[1:] if arguments is None else arguments
    try:
        kept, chosen = read_options(given)
    except ValueError as error:
        print(f"kubectl fairlead: {error}", file=sys.stderr)
        return 2
    os.environ.setdefault("FAIRLEAD_BACKEND", "kubernetes")
    os.environ.update(chosen)
    return fairlead(kept)


def read_options(given: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return the words that are not kubectl's options, and what those are to the environment.

    Raises
    ------
    ValueError
        If an option lacks its value.
    """
    kept: list[str] = []
    chosen: dict[str, str] = {}
    words = iter(given)
    for word in words:
        if word == "--":
            kept += [word, *words]
            break
        option, equals, value = word.partition("=")
        if word.startswith("-n") and not word.startswith("--") and option != "-n":
            option, equals, value = "-n", "=", word[2:]  # -nteam
        if option not in OPTIONS:
            kept.append(word)
            continue
        value = value if equals else next(words, "")
        if not value:
            raise ValueError(f"{option} needs a value, such as `{option} NAME`")
        chosen[OPTIONS[option]] = value
    return kept, chosen


if __name__ == "__main__":
    sys.exit(main())
