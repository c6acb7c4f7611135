"""Everything `make check` looks at, side by side; prints what failed and how long each took.

The slowest begins first. A check that is silent when it passes is not shown.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTHON = ["backoffice", "tests", "bench", "scripts", "wsgi.py"]

CHECKS: dict[str, list[str]] = {
    "types": ["mypy", "--strict", "backoffice", "wsgi.py"],
    "templates": ["djlint", "templates", "--lint", "--quiet"],
    # Findings of low severity are ruff's (rules S), where each exception gives its reason at the line.
    "security": ["bandit", "-ll", "--quiet", "--recursive", "backoffice", "--configfile", "pyproject.toml"],
    "imports": ["lint-imports", "--no-cache"],
    "translations": ["python", "scripts/check_translations.py"],
    "rules": ["ruff", "check", "."],
    "form": ["ruff", "format", "--check", "."],
}


def run(name: str) -> tuple[str, int, str, float]:
    """Run one check; its output is kept until it is done, so that reports do not mingle."""
    tool, *arguments = CHECKS[name]
    began = time.perf_counter()
    done = subprocess.run(
        [str(BIN / tool), *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
    )
    return name, done.returncode, done.stdout, time.perf_counter() - began


def main() -> int:
    """Run all, or those named; the exit code says whether everything is in order."""
    wanted = sys.argv[1:] or list(CHECKS)
    failed = []
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        for future in as_completed([pool.submit(run, name) for name in wanted]):
            name, code, output, seconds = future.result()
            print(f"{'ok' if code == 0 else 'FAILED':>6}  {name:<14}{seconds:5.1f} s", flush=True)
            if code:
                failed.append(name)
                print(output, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
