"""The disk of the documents is full, or cannot be read: numbers stay, nothing is half there, and all goes on after it.

The disk is a real one, so small that it fills up; making it takes a root who may mount.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from io import FileIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice import clock, storage
from backoffice.config import Settings
from backoffice.database import session, transaction
from backoffice.delivery import jobs as delivery
from backoffice.delivery.models import Message
from backoffice.errors import Unavailable
from backoffice.issuing import jobs, services
from backoffice.issuing.models import CreditNote, Invoice
from backoffice.issuing.queries import credits as notes
from backoffice.issuing.services import crediting
from tests.faults.smtp_servers import Server, accepting
from tests.support.office import Office, contradictions

pytestmark = pytest.mark.fault

SMALL = "192k"  # two documents and their typefaces
LATER = timedelta(minutes=2)


@pytest.fixture
def disk(settings: Settings) -> Iterator[Path]:
    """A file system of its own in the place of the document store."""
    folder = settings.instance_path / "documents"
    folder.mkdir(parents=True)
    mounted = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mounted, capture_output=True, check=False).returncode != 0:
        pytest.skip("a full disk needs a root who may mount a tmpfs")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def server(context: Flask) -> Iterator[Server]:
    with accepting() as server:
        serving = {"mail_server": server.host, "mail_port": server.port}
        context.config["BACKOFFICE_SETTINGS"] = context.config["BACKOFFICE_SETTINGS"].model_copy(update=serving)
        yield server


def fill(disk: Path) -> Path:
    """Leave no room on it."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left on device"):
        _write_for_ever(file)
    return filler


def _write_for_ever(file: FileIO) -> None:
    while True:
        file.write(b"x" * 512)


def documents(disk: Path) -> set[str]:
    """What lies in the store, whole or not."""
    return {path.name for path in disk.rglob("*") if path.is_file()}


def retry_both(request_id: int, proposal_id: int) -> None:
    with transaction():
        assert services.retry(request_id)
        assert crediting.retry(proposal_id)


def invoice_and_note(office: Office) -> tuple[str, int]:
    """A request that has its approval, and a proposal that is confirmed: both wait for their document."""
    office.recharge("500.00")
    credited, waiting = office.apply_often(2, "100.00")
    office.approve(credited)
    assert jobs.issue_due() == 1
    proposal = office.propose(credited, {"R-1": "10.00"})
    office.confirm(proposal)
    office.approve(waiting)
    return waiting, proposal


def test_a_full_disk_takes_no_half_document_and_gives_all_once_there_is_room(disk: Path, office: Office) -> None:
    waiting, proposal = invoice_and_note(office)
    before = documents(disk)
    filler = fill(disk)
    assert jobs.issue_due() == 0
    assert documents(disk) == before | {"filler"}
    found = office.request(waiting)
    assert "document store cannot be written" in (found.issue_error or "")
    assert (found.state, found.invoice_id is not None) == ("approved", True), "its number is taken and stays its own"
    assert [one.id for one in session.scalars(notes.faulty())] == [proposal]
    session.rollback()
    assert jobs.issue_due() == 0, "what failed waits for somebody to retry it"
    assert contradictions() == []
    filler.unlink()
    retry_both(office.request(waiting).id, proposal)
    assert jobs.issue_due() == 2
    assert office.states([waiting]) == ["issued"]
    assert sorted(session.scalars(select(Invoice.sequence))) == [1, 2]
    assert documents(disk) == {
        *session.scalars(select(Invoice.pdf_sha256)),
        *session.scalars(select(CreditNote.pdf_sha256)),
    }
    assert contradictions() == []


def test_a_store_that_cannot_be_read_delays_the_mail_and_loses_nothing(
    office: Office, settings: Settings, server: Server
) -> None:
    waiting, proposal = invoice_and_note(office)
    folder, aside = settings.instance_path / "documents", settings.instance_path / "aside"
    folder.rename(aside)
    folder.symlink_to(folder)  # leads round in circles: an error also for root
    assert jobs.issue_due() == 0
    assert "document store" in (office.request(waiting).issue_error or "")
    delivery.send_due()
    assert states() == {"submitted": "accepted", "issued": "deferred"}
    assert any("cannot be read" in sentence for sentence in contradictions())
    folder.unlink()
    aside.rename(folder)
    assert contradictions() == []
    retry_both(office.request(waiting).id, proposal)
    assert jobs.issue_due() == 2
    with clock.shifted(LATER):
        delivery.send_due()
    assert states() == {"submitted": "accepted", "issued": "accepted", "credited": "accepted"}
    assert contradictions() == []


@pytest.mark.parametrize("left", ["an empty folder", "nothing"])
def test_a_store_that_is_not_mounted_is_no_lost_document(
    office: Office, settings: Settings, server: Server, left: str
) -> None:
    """What failed for good somebody has to send again by hand: after a restart without its disk, each of them."""
    office.recharge("500.00")
    office.issued("100.00")
    folder, aside = settings.instance_path / "documents", settings.instance_path / "aside"
    folder.rename(aside)
    if left == "an empty folder":
        folder.mkdir()
    delivery.send_due()
    assert states() == {"submitted": "accepted", "issued": "deferred"}
    (sha256,) = session.scalars(select(Invoice.pdf_sha256))
    with pytest.raises(Unavailable, match="cannot be read"):
        storage.get(sha256 or "")
    if left == "an empty folder":
        folder.rmdir()
    aside.rename(folder)
    with clock.shifted(LATER):
        delivery.send_due()
    assert states() == {"submitted": "accepted", "issued": "accepted"}
    assert contradictions() == []


def states() -> dict[str, str]:
    """Where the mails of each kind are, when all of a kind are in one state."""
    session.rollback()
    rows = session.execute(select(Message.template, Message.state).distinct().order_by(Message.template)).all()
    assert len(dict(iter(rows))) == len(rows), rows
    return {row.template: row.state for row in rows}
