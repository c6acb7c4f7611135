"""Queue, lease, record, cancel, correct, send again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from backoffice.audit import queries as audit
from backoffice.database import session, transaction
from backoffice.delivery import queries, rules, services
from backoffice.delivery.models import Message
from backoffice.delivery.rules import MessageState, Outcome
from backoffice.errors import Conflict, Invalid, NotFound
from backoffice.permissions import Actor, Role
from tests.delivery.conftest import CONTEXT, NOW

MAX = Actor(id=4, label="Max", role=Role.MANAGER)
ACCEPTED = Outcome(MessageState.ACCEPTED, "250 OK")
DEFERRED = Outcome(MessageState.DEFERRED, "451 later")
FAILED = Outcome(MessageState.FAILED, "550 no such user")
MINUTE = timedelta(minutes=1)


def take(now=NOW, lease_seconds=60.0) -> tuple[int, str] | None:
    with transaction():
        message = services.take(now, lease_seconds)
        return None if message is None else (message.id, str(message.lease))


def record(taken: tuple[int, str], outcome: Outcome, now=NOW) -> bool:
    with transaction():
        return services.record_outcome(*taken, outcome, now=now)


def finish(message_id: int, outcome: Outcome) -> None:
    taken = take()
    assert taken is not None
    assert taken[0] == message_id
    assert record(taken, outcome)


def test_a_mail_is_queued_with_the_change_or_not_at_all(context) -> None:
    def interrupted() -> None:
        with transaction():
            services.queue("submitted", "a@b.example", "en", CONTEXT, at=NOW, about=("invoice_request", 1))
            session.flush()
            raise InterruptedError

    with pytest.raises(InterruptedError):
        interrupted()
    assert session.scalar(select(func.count()).select_from(Message)) == 0


def test_each_message_has_an_id_of_its_own(queue, message) -> None:
    ids = {message(queue()).message_id for _ in range(20)}
    assert len(ids) == 20
    assert all(one.startswith("<") and one.endswith("@mail.backoffice.local>") for one in ids)


def test_the_oldest_due_is_taken_first_and_once(queue, message) -> None:
    second, first = queue(at=NOW), queue(at=NOW - MINUTE)
    queue(at=NOW + MINUTE)
    assert [take()[0], take()[0], take()] == [first, second, None]
    taken = message(first)
    assert (taken.state, taken.attempts, taken.leased_until) == ("sending", 1, NOW + MINUTE)


def test_a_lease_ends_and_its_owner_is_not_heard_any_more(queue, message) -> None:
    queue()
    old = take()
    assert take(NOW + timedelta(seconds=59)) is None
    new = take(NOW + MINUTE)
    assert new is not None
    assert new[0] == old[0]
    assert new[1] != old[1]
    assert not record(old, FAILED, NOW + MINUTE)
    assert message(new[0]).state == "sending"
    assert record(new, ACCEPTED, NOW + MINUTE)
    assert (message(new[0]).state, message(new[0]).accepted_at) == ("accepted", NOW + MINUTE)


def test_only_the_owner_of_the_lease_keeps_bytes_and_only_once(queue, message) -> None:
    queue()
    message_id, lease = take()
    with transaction():
        assert not services.keep_mime(message_id, "somebody else", b"evil")
        assert services.keep_mime(message_id, lease, b"first")
        assert not services.keep_mime(message_id, lease, b"second")
    assert message(message_id).mime == b"first"


def test_deferred_comes_back_by_the_plan_until_it_fails(queue, message) -> None:
    message_id, now = queue(), NOW
    for attempt in range(1, rules.MAX_ATTEMPTS):
        assert record(take(now), DEFERRED, now)
        waiting = message(message_id)
        assert (waiting.state, waiting.attempts, waiting.server_answer) == ("deferred", attempt, "451 later")
        assert waiting.next_attempt_at == now + rules.RETRY_WAITS[attempt - 1]
        assert take(waiting.next_attempt_at - timedelta(seconds=1)) is None
        now = waiting.next_attempt_at
    assert record(take(now), DEFERRED, now)
    assert message(message_id).state == "failed"
    assert take(now + timedelta(days=30)) is None
    assert [problem.id for problem in queries.problems()] == [message_id]


def test_a_message_that_kills_every_sender_fails_in_the_end_and_lets_others_pass(queue, message) -> None:
    poison, now = queue(), NOW
    for _ in range(rules.MAX_ATTEMPTS):
        assert take(now)[0] == poison
        now += MINUTE
    other = queue(at=now)
    assert take(now)[0] == other
    assert message(poison).state == "failed"
    assert "stopped during every attempt" in message(poison).server_answer


def test_cancel_stops_what_waits_and_nothing_else(queue, message) -> None:
    waiting = queue()
    with transaction():
        services.cancel(MAX, waiting, reason="withdrawn", now=NOW)
    assert message(waiting).state == "cancelled"
    assert take() is None
    assert [(event.action, event.reason) for event in audit.events_of("message", waiting)] == [
        ("message.cancel", "withdrawn")
    ]
    queue()
    sending, _ = take()
    with pytest.raises(Conflict), transaction():
        services.cancel(MAX, sending, reason="late", now=NOW)
    with pytest.raises(NotFound), transaction():
        services.cancel(MAX, 999, reason="none", now=NOW)


def test_a_failed_message_goes_to_the_corrected_address_as_a_new_one(queue, message) -> None:
    old = queue(recipient="ada@lumen.exmaple")
    finish(old, FAILED)
    assert [problem.id for problem in queries.problems()] == [old]
    with transaction():
        new = services.correct_and_resend(MAX, old, " ada@lumen.example ", now=NOW).id
    assert message(new).recipient == "ada@lumen.example"
    assert message(new).context == message(old).context
    assert message(new).message_id != message(old).message_id
    assert (message(new).state, message(new).follows_id, message(old).state) == ("queued", old, "failed")
    assert list(queries.problems()) == []
    (event,) = audit.events_of("message", old)
    assert event.before == {"recipient": "ada@lumen.exmaple"}
    with pytest.raises(Conflict), transaction():
        services.correct_and_resend(MAX, old, "other@lumen.example", now=NOW)


def test_a_waiting_message_is_cancelled_when_its_address_is_corrected(queue, message) -> None:
    old = queue()
    with transaction():
        new = services.correct_and_resend(MAX, old, "bo@lumen.example", now=NOW).id
    assert (message(old).state, message(new).state) == ("cancelled", "queued")
    finish(new, ACCEPTED)
    with pytest.raises(Conflict), transaction():
        services.correct_and_resend(MAX, new, "ada@lumen.example", now=NOW)


@pytest.mark.parametrize("address", ["", "ada", "a@b.example,c@d.example", "a@b.example\nBcc: x@y.example"])
def test_a_correction_must_be_one_address(queue, message, address: str) -> None:
    old = queue()
    with pytest.raises(Invalid) as error, transaction():
        services.correct_and_resend(MAX, old, address, now=NOW)
    assert list(error.value.fields) == ["recipient"]
    assert message(old).state == "queued"


def test_send_again_is_a_new_message_once_the_old_has_ended(queue, message) -> None:
    old = queue(
        template="issued", attachment_sha256="ab" * 32, attachment_name="x.pdf", context={"invoice_number": "I"}
    )
    with pytest.raises(Conflict), transaction():
        services.send_again(MAX, old, now=NOW)
    finish(old, ACCEPTED)
    with transaction():
        new = services.send_again(MAX, old, now=NOW).id
    assert message(new).message_id != message(old).message_id
    assert (message(new).attachment_sha256, message(new).attachment_name) == ("ab" * 32, "x.pdf")
    assert queries.latest("invoice_request", 1, "issued").id == new
    assert [one.id for one in queries.about("invoice_request", 1)] == [old, new]
    assert queries.latest("invoice_request", 2, "issued") is None
