"""Whose money a request takes, what a refund does to it, and what the books take from the platform."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.errors import Conflict, Invalid
from backoffice.ledger import invariants, queries
from backoffice.ledger.models import LedgerDay, LedgerEntry
from backoffice.ledger.rules import PARTS_LIMIT
from backoffice.ledger.services import reservations
from backoffice.requests.services import applying
from tests.support.office import Office


@pytest.fixture(autouse=True)
def _books_agree(office: Office) -> object:
    yield
    session.rollback()
    assert list(invariants.check()) == []


# --- reservations ---


def test_the_oldest_money_goes_first_and_one_request_takes_many_recharges(office: Office) -> None:
    office.recharge("30.00", occurred_at=clock.now() - timedelta(days=1))
    office.recharge("30.00", occurred_at=clock.now() - timedelta(days=3))
    office.recharge("30.00", occurred_at=clock.now() - timedelta(days=2))
    number = office.apply("70.00")
    assert office.parts(number) == [("R-2", "30.00"), ("R-3", "30.00"), ("R-1", "10.00")]


def many(office: Office, amount: str, *, times: int = PARTS_LIMIT, name: str = "S") -> None:
    """So many recharges of one amount, older than any other."""
    began = clock.now() - timedelta(days=999)
    office.book(*(
        office.line("recharge", amount, f"{name}-{turn}", occurred_at=began + timedelta(seconds=turn))
        for turn in range(times)
    ))  # fmt: skip


def test_a_request_takes_no_more_recharges_than_its_invoice_has_lines(office: Office) -> None:
    many(office, "1.00")
    office.recharge("500.00")
    room = queries.room(office.cast.lumen)
    assert (str(room.figures.invoiceable), str(room.at_once)) == ("1500.00", "1000.00")
    with pytest.raises(Invalid) as refused:
        office.apply("1000.01")
    assert "at most 1000 recharges, and your oldest ones come to 1,000.00" in str(refused.value)
    number = office.apply("1000.00")
    assert len(office.parts(number)) == PARTS_LIMIT
    assert str(queries.room(office.cast.lumen).at_once) == "500.00"


def test_the_reservation_itself_counts_the_recharges(office: Office) -> None:
    """What came since `plan` has looked may have changed which recharges are the oldest."""
    many(office, "1.00")
    ada = office.cast.ada.actor
    planned = applying.plan(ada, office.application("1000.00"), now=clock.now())
    office.recharge("0.50", occurred_at=clock.now() - timedelta(days=2000))
    with pytest.raises(Conflict) as refused, transaction():
        applying._make(ada, planned, submit_token="late", locale="en", now=clock.now())
    assert refused.value.code == "too-many-parts"


def test_a_full_request_that_lost_money_is_covered_all_the_same(office: Office) -> None:
    large = office.recharge("10.00", occurred_at=clock.now() - timedelta(days=2000))
    many(office, "1.00", times=PARTS_LIMIT + 4)
    full = office.apply("1009.00")
    office.refund(large, "7.00")
    assert (len(office.parts(full)), office.short(full)) == (PARTS_LIMIT + 5, "2.00")
    office.recharge("500.00")
    assert (len(office.parts(full)), office.short(full)) == (PARTS_LIMIT + 6, "0.00")


def test_many_requests_share_one_recharge(office: Office) -> None:
    office.recharge("30.00")
    numbers = office.apply_often(3, "10.00")
    assert [office.parts(number) for number in numbers] == [[("R-1", "10.00")]] * 3
    assert office.invoiceable() == "0.00"


def test_what_is_given_back_is_taken_again(office: Office) -> None:
    office.recharge("30.00")
    office.recharge("30.00")
    first = office.apply("40.00")
    office.withdraw(first)
    assert office.parts(first) == []
    assert office.parts(office.apply("20.00")) == [("R-1", "20.00")]


def test_the_guard_counts_cents(office: Office) -> None:
    """The service itself refuses, also when nobody asked `plan` before."""
    office.recharge("10.00")
    number = office.apply("9.99")
    request_id = office.request(number).id
    with pytest.raises(Conflict) as refused, transaction():
        reservations.reserve(
            office.cast.lumen, request_id, queries.balance(office.cast.lumen).invoiceable * 2, at=clock.now()
        )
    assert refused.value.code == "not-enough-money"


def test_another_accounts_money_is_not_touched(office: Office) -> None:
    office.recharge("10.00")
    office.recharge("10.00", to="yunqi")
    office.apply("10.00")
    assert office.invoiceable(office.cast.yunqi) == "10.00"


# --- refunds ---


def test_a_refund_takes_the_free_part_first(office: Office) -> None:
    recharge = office.recharge("100.00")
    number = office.apply("60.00")
    office.refund(recharge, "40.00")
    assert (office.short(number), office.invoiceable()) == ("0.00", "0.00")
    assert office.parts(number) == [(recharge, "60.00")]


def test_then_the_newest_reservation_moves_to_other_money(office: Office) -> None:
    first = office.recharge("100.00")
    office.recharge("100.00")
    older, newer = office.apply("50.00"), office.apply("50.00")
    office.refund(first, "30.00")
    assert office.parts(older) == [("R-1", "50.00")]
    assert office.parts(newer) == [("R-1", "20.00"), ("R-2", "30.00")]
    assert (office.short(older), office.short(newer)) == ("0.00", "0.00")


def test_what_finds_no_money_is_short_and_cannot_be_approved(office: Office) -> None:
    recharge = office.recharge("100.00")
    older, newer = office.apply("50.00"), office.apply("50.00")
    office.refund(recharge, "60.00")
    assert (office.short(older), office.short(newer)) == ("10.00", "50.00")
    assert office.invoiceable() == "0.00"
    with pytest.raises(Conflict, match=r"short by 50\.00"):
        office.approve(newer)
    assert office.request(newer).state == "pending"


def test_a_request_that_goes_short_after_approval_is_not_issued(office: Office) -> None:
    recharge = office.recharge("100.00")
    number = office.apply("100.00")
    office.approve(number)
    office.refund(recharge, "0.01")
    assert not office.issue(number)
    request = office.request(number)
    assert (request.state, request.invoice_id) == ("approved", None)
    assert "short by 0.01" in (request.issue_error or "")


def test_what_is_invoiced_becomes_debt(office: Office) -> None:
    recharge = office.recharge("100.00")
    office.issued("70.00")
    office.refund(recharge, "50.00")
    assert str(queries.invoice_debt(office.cast.lumen)) == "20.00"
    assert office.counters() == ("50.00", "0.00", "70.00")
    assert office.invoiceable() == "0.00"


def test_new_money_covers_short_requests_oldest_first(office: Office) -> None:
    recharge = office.recharge("100.00")
    older, newer = office.apply("50.00"), office.apply("50.00")
    office.refund(recharge, "100.00")
    fresh = office.recharge("70.00")
    assert (office.short(older), office.short(newer)) == ("0.00", "30.00")
    office.withdraw(older)
    assert office.short(newer) == "0.00"
    # Money that came in two steps from one recharge is one part, and one line of the invoice.
    assert office.parts(newer) == [(fresh, "50.00")]
    assert office.invoiceable() == "20.00"


def test_refunds_told_early_that_come_to_more_than_their_recharge_wait_for_somebody_to_look(office: Office) -> None:
    for name, amount in (("F-1", "80.00"), ("F-2", "50.00")):
        office.book(office.line("refund", amount, name, refund_of="R-late"))
    office.book(office.line("recharge", "100.00", "R-late"))
    assert office.counters() == ("20.00", "0.00", "0.00")
    assert [refund.external_id for refund, _ in queries.waiting_refunds(10)] == ["F-2"]
    (result,) = office.book(office.line("refund", "0.01", "F-3", refund_of="R-late"))
    assert result.outcome == "added", "one that can never fit takes no room from others"
    (result,) = office.book(office.line("refund", "20.00", "F-4", refund_of="R-late"))
    assert (result.outcome, str(result.reason)) == ("refused", "the refunds would be above their recharge")
    assert office.counters() == ("19.99", "0.00", "0.00")


def test_refunds_of_a_pending_recharge_count_while_they_wait(office: Office) -> None:
    office.book(office.line("recharge", "100.00", "R-1", status="pending"))
    office.book(office.line("refund", "60.00", "F-1", refund_of="R-1"))
    (result,) = office.book(office.line("refund", "40.01", "F-2", refund_of="R-1"))
    assert result.outcome == "refused"
    office.book(office.line("recharge", "100.00", "R-1"))
    assert office.counters() == ("40.00", "0.00", "0.00")


def test_refunds_above_their_recharge_are_refused(office: Office) -> None:
    recharge = office.recharge("100.00")
    office.refund(recharge, "60.00")
    (result,) = office.refund(recharge, "40.01")
    assert (result.outcome, str(result.reason)) == ("refused", "the refunds would be above their recharge")
    assert office.refund(recharge, "40.00")[0].outcome == "added"
    assert office.counters() == ("0.00", "0.00", "0.00")


def test_a_pending_refund_that_no_longer_fits_when_it_completes_is_a_conflict(office: Office) -> None:
    """It has happened at the platform and cannot be taken off here: refused, and left for somebody to look at."""
    office.book(office.line("refund", "80.00", "F-1", refund_of="R-1", status="pending"))
    office.book(office.line("refund", "50.00", "F-2", refund_of="R-1"), office.line("recharge", "100.00", "R-1"))
    (result,) = office.book(office.line("refund", "80.00", "F-1", refund_of="R-1"))
    assert (result.outcome, str(result.reason)) == ("conflict", "the refunds would be above their recharge")
    assert session.scalars(select(LedgerEntry.status).where(LedgerEntry.external_id == "F-1")).one() == "pending"
    assert office.counters() == ("50.00", "0.00", "0.00")
    # The platform takes it back: books and platform agree again, which settles the conflict.
    (result,) = office.book(office.line("refund", "80.00", "F-1", refund_of="R-1", status="failed"))
    assert (result.outcome, result.agrees) == ("updated", True)


def test_a_refund_waits_for_its_recharge(office: Office) -> None:
    assert office.refund("late", "30.00")[0].outcome == "added"
    assert office.counters() == ("0.00", "0.00", "0.00")
    office.book(office.line("recharge", "100.00", "late"))
    assert office.counters() == ("70.00", "0.00", "0.00")


def test_a_refund_waits_until_its_recharge_is_completed(office: Office) -> None:
    office.book(office.line("recharge", "100.00", "slow", status="pending"))
    office.refund("slow", "30.00")
    assert office.invoiceable() == "0.00"
    office.book(office.line("recharge", "100.00", "slow"))
    assert office.invoiceable() == "70.00"


# --- entries ---


def test_the_same_line_again_changes_nothing(office: Office) -> None:
    line = office.line("recharge", "100.00", "same")
    assert [office.book(line)[0].outcome for _ in range(3)] == ["added", "unchanged", "unchanged"]
    assert office.invoiceable() == "100.00"


@pytest.mark.parametrize(("end", "invoiceable"), [("completed", "100.00"), ("failed", "0.00")])
def test_pending_ends_once(office: Office, end: str, invoiceable: str) -> None:
    at = clock.now()

    def told(status: str) -> str:
        return office.book(office.line("recharge", "100.00", "r", status=status, occurred_at=at))[0].outcome

    assert [told("pending"), told(end), told(end), told("pending")] == ["added", "updated", "unchanged", "unchanged"]
    assert told("failed" if end == "completed" else "completed") == "conflict"
    assert office.invoiceable() == invoiceable


@pytest.mark.parametrize("together", [True, False])
def test_it_makes_no_difference_where_a_batch_ends(office: Office, together: bool) -> None:
    at = clock.now()
    lines = [
        office.line("refund", "150.00", "f-large", refund_of="r", occurred_at=at),
        office.line("refund", "5.00", "f-other", refund_of="r", to="yunqi", occurred_at=at),
        office.line("recharge", "100.00", "r", status="pending", occurred_at=at - timedelta(hours=1)),
        office.line("refund", "30.00", "f", refund_of="r", occurred_at=at),
        office.line("recharge", "100.00", "r", occurred_at=at),
        office.line("refund", "30.00", "f", refund_of="r", status="failed", occurred_at=at),
        office.line("refund", "150.00", "f-large", refund_of="r", status="failed", occurred_at=at),
    ]

    def outcomes() -> list[str]:
        batches = [lines] if together else [[line] for line in lines]
        return [result.outcome for batch in batches for result in office.book(*batch)]

    assert outcomes() == ["added", "added", "added", "added", "updated", "conflict", "updated"]
    assert office.counters() == ("70.00", "0.00", "0.00")
    # The completed line of what is failed now is the only one that contradicts, besides the one that did before.
    assert outcomes() == ["conflict", "unchanged", "unchanged", "unchanged", "unchanged", "conflict", "unchanged"]


def test_a_file_with_pending_and_completed_lines_twice_opens_no_conflict(office: Office) -> None:
    early, late = clock.now() - timedelta(days=1), clock.now()
    lines = (
        office.line("recharge", "100.00", "r", status="pending", occurred_at=early),
        office.line("recharge", "100.00", "r", occurred_at=late, payer_name="Lumen", bank_reference="HX1"),
    )
    assert [result.outcome for result in office.book(*lines)] == ["added", "updated"]
    assert [result.outcome for result in office.book(*lines)] == ["unchanged", "unchanged"]
    entry = session.scalars(select(LedgerEntry)).one()
    assert (entry.payer_name, entry.bank_reference, entry.occurred_at) == ("Lumen", "HX1", late)
    assert office.invoiceable() == "100.00"


def test_another_date_or_text_of_a_completed_entry_is_a_conflict(office: Office) -> None:
    at = clock.now()
    known = office.line("recharge", "100.00", "r", occurred_at=at, channel="Bank", description="Credit")
    office.book(known)
    (result,) = office.book(replace(known, occurred_at=at - timedelta(days=1), description="Other", channel=""))
    assert (result.outcome, str(result.reason)) == ("conflict", "known with another occurred_at, description")
    assert office.book(replace(known, channel="", description=""))[0].outcome == "unchanged"


def test_a_known_id_with_an_unknown_account_is_a_conflict(office: Office) -> None:
    office.book(office.line("recharge", "100.00", "r"))
    assert office.book(office.line("recharge", "100.00", "r", to="nobody"))[0].outcome == "conflict"
    assert office.book(office.line("recharge", "100.00", "new", to="nobody"))[0].outcome == "refused"


@pytest.mark.parametrize("status", ["pending", "completed"])
def test_a_date_in_the_future_is_refused(office: Office, status: str) -> None:
    for hours, outcome in ((26, "refused"), (23, "added")):
        line = office.line("recharge", "1.00", "r", status=status, occurred_at=clock.now() + timedelta(hours=hours))
        assert office.book(line)[0].outcome == outcome


def test_a_refund_that_waits_in_vain_is_closed_by_its_failure(office: Office) -> None:
    office.book(office.line("recharge", "100.00", "r", status="failed"))
    office.refund("r", "3.00")
    office.book(office.line("refund", "30.00", "f", refund_of="r"))
    assert office.book(office.line("refund", "30.00", "f", refund_of="r", status="failed"))[0].outcome == "updated"
    assert [str(refund.amount) for refund, _ in queries.waiting_refunds(10)] == ["3.00"]
    (left,) = session.scalars(select(LedgerDay)).all()
    assert (left.entries, str(left.amount)) == (1, "3.00")


def test_a_conflict_never_overwrites(office: Office) -> None:
    office.book(office.line("recharge", "100.00", "r"))
    others = (
        office.line("recharge", "100.01", "r"),
        office.line("recharge", "100.00", "r", to="yunqi"),
        office.line("grant", "100.00", "r"),
    )
    assert [office.book(line)[0].outcome for line in others] == ["conflict"] * 3
    assert office.counters() == ("100.00", "0.00", "0.00")
    assert office.counters(office.cast.yunqi) == ("0.00", "0.00", "0.00")


def test_only_recharges_can_be_invoiced(office: Office) -> None:
    office.book(office.line("grant", "500.00", "g"), office.line("consumption", "20.00", "c"))
    assert office.counters() == ("0.00", "0.00", "0.00")


def test_a_refund_names_a_recharge_of_its_account(office: Office) -> None:
    recharge = office.recharge("100.00")
    office.book(office.line("grant", "500.00", "g"))
    assert office.refund(recharge, "10.00", to="yunqi")[0].outcome == "refused"
    assert office.refund("g", "10.00")[0].outcome == "refused"
    assert office.invoiceable() == "100.00"


def test_a_batch_does_not_mind_its_order(office: Office) -> None:
    results = office.book(
        office.line("refund", "30.00", "f", refund_of="r"),
        office.line("recharge", "100.00", "r"),
        office.line("refund", "70.01", "f2", refund_of="r"),
    )
    assert [result.outcome for result in results] == ["added", "added", "refused"]
    assert office.invoiceable() == "70.00"
    session.rollback()
