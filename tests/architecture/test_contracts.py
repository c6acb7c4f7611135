"""The import contracts notice what they are there for: each is shown an offender in a copy of the package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# contract -> (file that offends, line added to it)
OFFENDERS = [
    ("chain", "backoffice/ledger/queries.py", "from backoffice.requests import queries as later"),
    ("chain", "backoffice/web/paging.py", "from backoffice.accounts import models as capability"),
    ("chain", "backoffice/money.py", "from backoffice.web import paging as plumbing"),
    ("chain", "backoffice/portal/views/apply.py", "from backoffice.review.queries import queue as neighbour"),
    ("chain", "backoffice/newcomer.py", '"""A module that has no place in the order."""'),
    ("inside", "backoffice/requests/rules.py", "from backoffice.requests import models as above"),
    ("inside", "backoffice/requests/queries.py", "from backoffice.requests.services import applying as above"),
    ("inside", "backoffice/review/services/decisions.py", "from backoffice.review import views as above"),
    ("inside", "backoffice/sla/helpers.py", '"""A file whose name says nothing."""'),
    ("plain", "backoffice/headers/services.py", "from flask import request"),
    ("plain", "backoffice/accounts/queries.py", "from backoffice.web import guards"),
    ("rules", "backoffice/ledger/rules.py", "from sqlalchemy import select"),
    ("rules", "backoffice/policies/rules.py", "from backoffice.config import Settings"),
    ("rules", "backoffice/review/checks/money.py", "from backoffice.database import session"),
    ("insides", "backoffice/review/queries/queue.py", "from backoffice.headers import views"),
    ("insides", "backoffice/portal/queries/dossier.py", "from backoffice.issuing.pdf import document"),
    (
        "cycles",
        "backoffice/requests/models/invoice_request.py",
        "from backoffice.portal.queries import dossier as later",
    ),
]


@pytest.fixture(scope="module")
def copied_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package and its contracts, free to be spoiled."""
    copy = tmp_path_factory.mktemp("contracts")
    shutil.copytree(ROOT / "backoffice", copy / "backoffice", ignore=shutil.ignore_patterns("static", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


@pytest.fixture
def spoiled(copied_tree: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The copy with one offending line at the end of one file."""
    name, line = request.param
    file = copied_tree / name
    before = file.read_bytes() if file.exists() else None
    with file.open("a", encoding="utf-8") as handle:
        handle.write(f"\n{line}\n")
    yield copied_tree
    if before is None:
        file.unlink()
    else:
        file.write_bytes(before)


def lint(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run lint-imports on `tree`."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", *arguments],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_package_keeps_its_contracts(copied_tree: Path) -> None:
    done = lint(copied_tree)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("contract", "spoiled"),
    [(contract, (name, line)) for contract, name, line in OFFENDERS],
    indirect=["spoiled"],
    ids=[f"{contract}-{name}" for contract, name, _ in OFFENDERS],
)
def test_each_contract_notices_its_offender(contract: str, spoiled: Path) -> None:
    done = lint(spoiled, "--contract", contract)
    assert done.returncode == 1, done.stdout
    assert "BROKEN" in done.stdout, done.stdout
    assert "0 kept, 1 broken" in done.stdout, done.stdout
