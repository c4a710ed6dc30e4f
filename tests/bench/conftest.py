"""Make the harness importable to its own tests, as it is to ``run.py`` beside it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
