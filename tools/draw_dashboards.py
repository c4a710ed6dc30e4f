"""Draw every dashboard from recorded answers: ``draw_dashboards.py RECORDING.json FOLDER``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from drawing.answers import Recording
from drawing.board import drawn

BOARDS = Path(__file__).resolve().parent.parent / "charts" / "fairlead" / "dashboards"


def main(recording: Path, folder: Path) -> None:
    """Write a picture for each dashboard of the chart."""
    recorded = json.loads(recording.read_text(encoding="utf-8"))
    for name, told in recorded.items():
        board = json.loads((BOARDS / f"{name}.json").read_text(encoding="utf-8"))
        answers = Recording(told["start"], told["end"], told["step"], told["panels"])
        path = folder / f"{name}.svg"
        path.write_text(drawn(board, answers, told["chosen"]), encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
