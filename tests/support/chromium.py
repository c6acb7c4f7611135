"""Where the system keeps a Chromium, and the one line to say when it keeps none."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

# First the same engine without the windows around it: opening a page costs a third of the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "Browser tests skipped: no Chromium found. Install it (Debian: apt-get install chromium-headless-shell; elsewhere:"
    " chromium) or set CHROMIUM."
)


def find_chromium() -> Path | None:
    """The browser to drive: $CHROMIUM, one on the PATH, or one that Playwright has installed."""
    named = os.environ.get("CHROMIUM")
    if named:
        return Path(named) if Path(named).exists() else None
    for name in NAMES:
        if path := shutil.which(name):
            return Path(path)
    browsers = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright"))
    return next(iter(sorted(browsers.glob("chromium-*/chrome-linux*/chrome"), reverse=True)), None)


def required() -> bool:
    """Whether a missing browser is a failure: a run that checks every push must not skip in silence."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")
