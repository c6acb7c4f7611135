"""The checker itself is checked: green on a database that has lived, red on each fault that is seeded into it.

Every fault is written with SQL behind the back of constraints and triggers, looked at, and rolled back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import select, text

from backoffice import clock, invariants, storage, worker
from backoffice.audit import jobs as audit
from backoffice.cli.command import cli
from backoffice.database import close_connections, session, transaction
from backoffice.delivery import jobs as delivery
from backoffice.issuing import jobs as issuing
from backoffice.issuing.models import CreditNote, Invoice
from backoffice.issuing.services import wishes
from backoffice.portal import services as drafts
from backoffice.portal.queries.drafts import Writer
from backoffice.requests.services import applying, supporting
from backoffice.review import jobs as review
from backoffice.review.rules import BulkAction
from backoffice.review.services import bulk
from backoffice.review.services import credits as desk
from backoffice.sla import jobs as sla
from tests.faults.smtp_servers import accepting
from tests.support import databases, files
from tests.support.apps import bare_app, test_settings
from tests.support.office import Office, contradictions
from tests.support.people import create_cast
from tests.support.seeded_faults import FAULTS


class _Undo(Exception):
    """Takes a seeded fault back."""


@pytest.fixture(scope="module")
def _lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Flask]]:
    """One lived-in installation per kind of database, made when it is first asked for."""
    made: dict[str, Flask] = {}
    yield made
    for app in made.values():
        storage.configure(Path(app.instance_path) / "documents")
        with app.app_context():
            assert contradictions() == [], "a fault was not taken back"
            url = app.config["SQLALCHEMY_DATABASE_URI"]
            session.remove()
            close_connections()
        databases.drop_database(url)


@pytest.fixture
def lived_in(database: str, _lived: dict[str, Flask], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application whose database has seen every kind of thing happen, with its context."""
    if database not in _lived:
        instance = tmp_path_factory.mktemp(database)
        app = bare_app(test_settings(instance, databases.new_database(database, instance)))
        with app.app_context():
            live(app)
        _lived[database] = app
    app = _lived[database]
    storage.configure(Path(app.instance_path) / "documents")
    with app.app_context():
        yield app


def live(app: Flask) -> None:
    """Recharges, a refund, invoices, a rejection, a withdrawal, an overdue request, mails: a little of everything."""
    office = Office(create_cast(clock.now()))
    cast = office.cast
    partly = office.recharge("80.00")
    office.recharge("500.00")
    office.recharge("300.00", to="yunqi")
    wished = office.issued("100.00")
    office.issued("12.34")
    moved = office.issued("299.99", cast.bo)
    office.reject(office.apply("20.00"))
    office.withdraw(office.apply("30.00"))
    office.refund(partly, "15.00")
    owed = office.recharge("70.00", to="yunqi")
    office.credit(office.issued("70.00", cast.bo), {owed: "20.00"})
    ask_for_corrections(office, wished, moved)
    assert issuing.issue_due() == 2
    assert worker.seal() > 0
    office.refund(owed, "45.00", to="yunqi")
    with clock.shifted(timedelta(days=-30)):
        office.apply("40.00")
    office.apply("50.00")
    approved = office.apply("60.00")
    office.approve(approved)
    order = bulk.Order(BulkAction.APPROVE, [office.apply("5.00"), approved], "the-form", {"leave_doubtful": False})
    with transaction():
        bulk.start(cast.rui.actor, order, now=clock.now())
    review.work_off()
    write_applications(office)
    sla.sweep()
    with clock.shifted(timedelta(days=1)):
        sla.fold()
    with accepting() as server:
        app.config["BACKOFFICE_SETTINGS"] = app.config["BACKOFFICE_SETTINGS"].model_copy(
            update={"mail_server": server.host, "mail_port": server.port}
        )
        delivery.send_due()
    assert audit.seal() > 0


def ask_for_corrections(office: Office, kept: str, moved: str) -> None:
    """A wish that is declined and one that is open about the one invoice; the other is issued anew, as is asked for."""
    ada, bo, rita = office.cast.ada.actor, office.cast.bo.actor, office.cast.rita.actor
    header = office.headers[office.cast.yunqi]
    with transaction():
        wishes.ask(bo, moved, kind="reissue", header_id=header, words="Other header", now=clock.now())
        wishes.ask(ada, kept, kind="return", header_id=None, words="Wrong month", now=clock.now())
    with transaction():
        desk.decline_wish(rita, kept, remarks="It is right.", now=clock.now())
        wishes.ask(ada, kept, kind="return", header_id=None, words="No, it is not", now=clock.now())
    office.confirm(office.reissue(moved))


def write_applications(office: Office) -> None:
    """One application that is still being written, with a file, and one of which a request was made."""
    ada = Writer(office.cast.lumen, office.cast.ada.id)
    file = supporting.take(files.pdf(), "order.pdf")
    with transaction():
        drafts.keep(ada, "waiting".ljust(32, "-"), drafts.Content({}, file=file), since="", now=clock.now())
        ended = drafts.keep(ada, "ended".ljust(32, "-"), drafts.Content({}), since="", now=clock.now())
        application = office.application("7.00")
        made = applying.apply(
            office.cast.ada.actor, application, submit_token=ended.submit_token, locale="en", now=clock.now()
        )
        drafts.end(ended, made.id)


def test_a_life_well_lived_is_green(lived_in: Flask) -> None:
    assert contradictions() == []


@pytest.mark.parametrize("fault", FAULTS)
def test_each_seeded_fault_goes_red(lived_in: Flask, database: str, fault: str) -> None:
    tables, statement, words = FAULTS[fault]
    found = []
    with seeded(tables.split(), statement):
        for capability, sentence in invariants.violations():
            found.append(f"{capability}: {sentence}")
            # Whether the checks after it can bear the fault is seen on the stricter of the two.
            if words in found[-1] and database == "sqlite":
                break
    assert [sentence for sentence in found if words in sentence], found


@pytest.mark.parametrize("kind", [Invoice, CreditNote])
def test_altered_bytes_and_a_lost_document_go_red(lived_in: Flask, kind: type[Invoice | CreditNote]) -> None:
    sha256 = session.scalars(select(kind.pdf_sha256).order_by(kind.id)).first()
    path = storage._configured().path(sha256 or "")
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert any("damaged" in sentence for sentence in contradictions())
    path.unlink()
    assert any("not in the store" in sentence for sentence in contradictions())
    path.write_bytes(content)
    assert contradictions() == []


def test_the_command_exits_with_one_and_a_line_per_violation(lived_in: Flask) -> None:
    assert _check(lived_in) == (0, "all invariants hold\n")
    with transaction():
        session.execute(text("UPDATE account SET invoiced = invoiced + 1"))
        session.execute(text("DELETE FROM request_event WHERE kind = 'submitted' AND request_id = 1"))
    try:
        code, output = _check(lived_in)
    finally:
        with transaction():
            session.execute(text("UPDATE account SET invoiced = invoiced - 1"))
            session.execute(
                text(
                    "INSERT INTO request_event (request_id, at, kind, actor_label, data)"
                    " SELECT id, submitted_at, 'submitted', applicant_label, '{}' FROM invoice_request WHERE id = 1"
                )
            )
    assert code == 1
    assert output.count("its counters differ from its entries") == 2
    assert output.count("its counters differ from its journal") == 2
    assert output.count("requests: request ") == 1
    assert output.endswith("Error: 5 violation(s)\n")


def _check(app: Flask) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(
        cli, ["check-invariants"], obj=ScriptInfo(create_app=lambda: app, set_debug_flag=False)
    )
    return result.exit_code, result.output


@contextmanager
def seeded(tables: list[str], statement: str) -> Iterator[None]:
    """Run a statement on tables without constraints, triggers and indexes; at the end everything is as it was."""
    try:
        with transaction():
            for table in tables:
                _unguard(table)
            changed = session.execute(text(statement))
            assert changed.rowcount > 0, "the fault hits nothing"  # type: ignore[attr-defined]
            session.expire_all()
            yield
            raise _Undo
    except _Undo:
        return


def _unguard(table: str) -> None:
    """Replace the table by a bare copy: both databases do that inside a transaction."""
    cascade = " CASCADE" if session.get_bind().dialect.name == "postgresql" else ""
    if not cascade:
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        # Otherwise renaming the copy would rewrite the other tables' references to it.
        session.execute(text("PRAGMA legacy_alter_table = ON"))
    session.execute(text(f"CREATE TABLE bare AS SELECT * FROM {table}"))
    session.execute(text(f"DROP TABLE {table}{cascade}"))
    session.execute(text(f"ALTER TABLE bare RENAME TO {table}"))
