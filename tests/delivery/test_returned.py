"""From the Maildir to the message: what came back is believed once, and nothing of it is lost."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from backoffice import clock
from backoffice.cli.command import cli
from backoffice.config import Settings
from backoffice.database import session, transaction
from backoffice.delivery import invariants, jobs, queries, returned, services
from backoffice.delivery.rules import MessageState, Outcome
from tests.delivery import reports
from tests.delivery.conftest import NOW
from tests.delivery.no_reports import NO_REPORTS
from tests.support.people import Cast

LATER = NOW + timedelta(hours=2)


@pytest.fixture
def box(context: Flask) -> Path:
    settings: Settings = context.config["BACKOFFICE_SETTINGS"]
    (settings.returned_maildir / "new").mkdir(parents=True)
    return settings.returned_maildir


@pytest.fixture
def sent(queue, message):
    """Queue a mail, let a server answer, and return the row's id."""

    def sent(state: MessageState = MessageState.ACCEPTED, answer: str = "250 OK") -> int:
        message_id = queue(recipient=reports.RECIPIENT)
        with transaction():
            taken = services.take(NOW, 60)
            assert taken is not None
            services.record_outcome(message_id, str(taken.lease), Outcome(state, answer), now=NOW)
        return message_id

    return sent


@pytest.fixture
def come_back(box: Path, message):
    """Put a mail about one of ours into the box."""

    def come_back(mail: str, about: int, name: str = "1772766000.M1.host") -> None:
        (box / "new" / name).write_bytes(reports.naming(mail, message(about).message_id).encode())

    return come_back


def lying(box: Path) -> dict[str, int]:
    return {
        part: sum(1 for _ in (box / part).glob("*"))
        for part in ("new", "cur", ".set-aside/cur")
        if (box / part).exists()
    }


@pytest.mark.parametrize("server", reports.FAILURES)
def test_a_mail_that_came_back_fails_with_the_words_of_the_server(box, sent, come_back, message, server: str) -> None:
    message_id = sent()
    mail, words = reports.FAILURES[server]
    come_back(mail, message_id)
    with clock.moved_to(LATER):
        assert jobs.read_returned() == 1
    found = message(message_id)
    assert (found.state, found.accepted_at, found.reported_at) == ("failed", None, LATER)
    assert (found.taken_at, found.taken_answer) == (NOW, "250 OK")
    assert words in found.server_answer
    assert lying(box) == {"new": 0, "cur": 1}
    assert [one.id for one in queries.problems()] == [message_id]
    assert list(invariants.check()) == []


@pytest.mark.parametrize("server", reports.DELAYS)
def test_a_delay_is_told_once_and_the_end_after_it(box, sent, come_back, message, server: str) -> None:
    message_id = sent()
    mail, words = reports.DELAYS[server]
    come_back(mail, message_id)
    assert jobs.read_returned() == 1
    found = message(message_id)
    assert (found.state, found.accepted_at, found.reported_at) == ("accepted", NOW, NOW)
    assert (found.taken_at, found.taken_answer) == (NOW, "250 OK")
    assert words in found.server_answer
    with clock.moved_to(LATER):
        come_back(mail.replace("timed out", "again"), message_id)
        assert jobs.read_returned() == 1
        assert message(message_id).reported_at == NOW
        assert queries.problems() == []
        come_back(reports.POSTFIX, message_id)
        assert jobs.read_returned() == 1
    assert (message(message_id).state, message(message_id).reported_at) == ("failed", LATER)


def test_the_same_report_again_changes_nothing(box, sent, come_back, message) -> None:
    message_id = sent()
    come_back(reports.POSTFIX, message_id)
    jobs.read_returned()
    with clock.moved_to(LATER):
        for name in ("again", "1772766000.M1.host"):
            come_back(reports.GMAIL, message_id, name)
            assert jobs.read_returned() == 1
    found = message(message_id)
    assert found.reported_at == NOW
    assert "User unknown" in found.server_answer
    # Sent anew, the next one is another message: what is said of the old one does not touch it.
    assert message(message_id).state == "failed"


def test_a_report_on_the_old_mail_does_not_touch_the_one_that_follows_it(box, cast: Cast, sent, come_back, message):
    message_id = sent()
    come_back(reports.POSTFIX, message_id)
    jobs.read_returned()
    with transaction():
        new = services.correct_and_resend(cast.rita.actor, message_id, "new@lumen.example", now=NOW).id
    come_back(reports.GMAIL, message_id)
    assert jobs.read_returned() == 1
    assert (message(new).state, message(message_id).state) == ("queued", "failed")
    assert queries.problems() == []


@pytest.mark.parametrize("kind", NO_REPORTS)
def test_what_is_no_report_changes_nothing(box, sent, come_back, message, kind: str) -> None:
    message_id = sent()
    come_back(NO_REPORTS[kind], message_id)
    assert jobs.read_returned() == 1
    assert (message(message_id).state, message(message_id).reported_at) == ("accepted", None)
    assert lying(box) == {"new": 0, "cur": 1}


@pytest.mark.parametrize(
    "mail",
    [reports.FOREIGN, reports.POSTFIX, "From: mailer-daemon@x.example\n\nwhatever\n"],
    ids=["others", "unknown", "unreadable"],
)
def test_what_is_not_about_ours_is_set_aside_and_counted(box, sent, message, mail: str) -> None:
    message_id = sent()
    (box / "new" / "a:2,").write_text(mail)
    assert jobs.read_returned() == 1
    assert jobs.read_returned() == 0
    assert message(message_id).state == "accepted"
    assert lying(box) == {"new": 0, ".set-aside/cur": 1}
    assert returned.count_set_aside(box) == 1


def test_a_mail_that_arrived_after_all_stays_accepted(box, sent, come_back, message) -> None:
    message_id = sent()
    come_back(reports.ARRIVED, message_id)
    assert jobs.read_returned() == 1
    assert (message(message_id).state, message(message_id).server_answer) == ("accepted", "250 OK")


def test_a_mail_whose_answer_was_lost_is_not_repeated_once_it_came_back(box, sent, come_back, message) -> None:
    message_id = sent(MessageState.DEFERRED, "no answer in time")
    come_back(reports.POSTFIX_DELAY, message_id, "a")
    come_back(reports.POSTFIX, message_id, "b")
    assert jobs.read_returned() == 2
    assert message(message_id).state == "failed"
    with clock.moved_to(LATER), transaction():
        assert services.take(LATER, 60) is None


def test_a_report_on_a_mail_that_is_being_sent_waits(box, queue, come_back, message) -> None:
    message_id = queue(recipient=reports.RECIPIENT)
    with transaction():
        taken = services.take(NOW, 60)
        lease = str(taken.lease)
    come_back(reports.POSTFIX, message_id)
    assert jobs.read_returned() == 0
    assert lying(box)["new"] == 1
    with transaction():
        services.record_outcome(message_id, lease, Outcome(MessageState.ACCEPTED, "250 OK"), now=NOW)
    assert jobs.read_returned() == 1
    assert message(message_id).state == "failed"


@pytest.mark.parametrize("state", ["queued", "cancelled"])
def test_nobody_can_fail_a_mail_that_was_not_sent(box, cast: Cast, queue, come_back, message, state: str) -> None:
    message_id = queue(recipient=reports.RECIPIENT)
    if state == "cancelled":
        with transaction():
            services.cancel(cast.rita.actor, message_id, reason="test", now=NOW)
    come_back(reports.POSTFIX, message_id)
    assert jobs.read_returned() == 1
    assert message(message_id).state == state


def test_a_crash_between_belief_and_move_is_mended(box, sent, come_back, message, monkeypatch) -> None:
    message_id = sent()
    come_back(reports.POSTFIX, message_id)

    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(returned, "settle", killed)
        with pytest.raises(Killed):
            jobs.read_returned()
    assert message(message_id).state == "failed"
    with clock.moved_to(LATER):
        assert jobs.read_returned() == 1
    assert (message(message_id).reported_at, lying(box)) == (NOW, {"new": 0, "cur": 1})


@pytest.mark.race
def test_two_readers_believe_a_report_once(context: Flask, box, sent, come_back, message) -> None:
    ids = [sent() for _ in range(6)]
    for one in ids:
        come_back(reports.POSTFIX, one, f"{one}.host")
    session.remove()
    faults: list[BaseException] = []

    def work() -> None:
        try:
            with context.app_context():
                jobs.read_returned()
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    assert {message(one).state for one in ids} == {"failed"}
    assert lying(box) == {"new": 0, "cur": 6}


def test_the_longest_waiting_are_read_first_and_only_files(box, sent, come_back, tmp_path: Path) -> None:
    message_id = sent()
    secret = tmp_path / "secret"
    secret.write_text(reports.FOREIGN)
    (box / "new" / "0.link").symlink_to(secret)
    (box / "new" / "0.folder").mkdir()
    for name in ("3", "1", "2"):
        come_back(NO_REPORTS["letter"], message_id, name)
    assert jobs.read_returned(limit=2) == 2
    assert sorted(path.name for path in (box / "new").iterdir()) == ["0.folder", "0.link", "3"]
    assert secret.exists()


def test_without_a_box_there_is_nothing_to_do(context: Flask) -> None:
    assert jobs.read_returned() == 0


def test_the_box_is_where_the_settings_say(tmp_path: Path, settings: Settings) -> None:
    assert settings.returned_maildir == settings.instance_path / "returned"
    elsewhere = settings.model_copy(update={"mail_returned": tmp_path / "box"})
    assert elsewhere.returned_maildir == tmp_path / "box"


def test_the_command_says_what_is_set_aside(app: Flask, box: Path) -> None:
    for name in ("1", "2"):
        (box / "new" / name).write_text(reports.FOREIGN)
    result = app.test_cli_runner().invoke(cli, ["mail", "returned"])
    assert result.output.splitlines()[-2:] == ["read: 2", "set aside: 2"]
