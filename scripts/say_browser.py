"""Says, before the tests run, in one line what is missing for those in the browser. In CI that is a failure."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.chromium import MISSING, find_chromium, required

if find_chromium() is None:
    print(MISSING, flush=True)
    sys.exit(1 if required() else 0)
