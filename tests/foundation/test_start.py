"""What every process has in memory before it has done anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HEAVY = (
    "alembic",
    "mako",
    "pygments",
    "rich",
    "aiosmtpd",
    "fpdf",
    "fontTools",
    "uharfbuzz",
    "numpy",
    "PIL",
    "lxml",
    "xlsxwriter",
)


def test_web_and_worker_start_without_the_libraries_that_few_of_their_turns_need(tmp_path: Path) -> None:
    code = f"""
import sys
from backoffice import create_app
app = create_app()
from backoffice.worker import Worker
Worker(app)
print(sorted(set({HEAVY!r}) & {{name.partition(".")[0] for name in sys.modules}}))
import rich.console  # what was left out is there for whoever asks for it
"""
    environment = {**os.environ, "BACKOFFICE_DEMO": "true", "BACKOFFICE_INSTANCE_PATH": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert said.stdout == "[]\n"
