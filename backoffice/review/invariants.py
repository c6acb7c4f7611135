"""What must hold between verdicts and the checks that were kept with them, and between runs over many requests and the
verdicts and audit events that came of them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, exists, false, func, literal, not_, or_, select

from backoffice.audit.models import AuditEvent
from backoffice.contradictions import Contradiction, found
from backoffice.database import missing_triggers, session
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.requests.rules import ABOUT, Action
from backoffice.review.checks.kept import fingerprint
from backoffice.review.models import BulkItem, BulkRun, DecisionChecks
from backoffice.review.rules import BulkAction, BulkOutcome, BulkState

_VERDICTS = {
    BulkAction.APPROVE: (Action.APPROVE, Action.FIRST_APPROVE),
    BulkAction.REJECT: (Action.REJECT,),
    BulkAction.UNDO: (Action.APPROVE, Action.FIRST_APPROVE),
}

_GUARDS = (
    ("decision_checks_no_update", "decision_checks_no_delete", "decision_checks_no_blank"),
    ("decision_checks_frozen", "decision_checks_not_emptied"),
)


def check() -> Iterator[str]:
    """Yield a sentence for each verdict whose checks are gone, and each run that says otherwise than the verdicts."""
    for name in missing_triggers("decision_checks", *_GUARDS):
        yield f"decision_checks: the trigger {name} is not there"
    yield from found(_kept_checks, _items_without_their_verdict, _verdicts_of_two_items, _runs)
    yield from _unknown_acts()


def _kept_checks() -> Iterator[Contradiction]:
    """Each verdict has its row; one from before they were kept has a blank one, which the database takes no more."""
    without = ~exists().where(DecisionChecks.decision_id == Decision.id)
    told = select(Decision.id, InvoiceRequest.number).join(InvoiceRequest, InvoiceRequest.id == Decision.request_id)
    yield Contradiction("decision {} on request {}: what the checks said was not kept with it", told.where(without))
    late = and_(DecisionChecks.decision_id == Decision.id, DecisionChecks.worked_out_at > Decision.decided_at)
    yield Contradiction("decision {} on request {}: its checks are from after it", told.where(exists().where(late)))
    rows = told.join(DecisionChecks, DecisionChecks.decision_id == Decision.id)
    kept = rows.where(DecisionChecks.found.is_not(None))
    yield Contradiction(
        "decision {} on request {}: its checks are not those that were kept with it",
        kept.add_columns(DecisionChecks.sha256, DecisionChecks.found, DecisionChecks.worked_out_at),
        only=lambda row: fingerprint(row.found, row.worked_out_at) != row.sha256,
    )
    of_the_event = AuditEvent.after["checks"].as_string()
    event = exists().where(
        AuditEvent.object_type == ABOUT,
        AuditEvent.object_id == InvoiceRequest.number,
        AuditEvent.action == literal("request.") + Decision.verdict,
        AuditEvent.at == Decision.decided_at,
    )
    proved = event.where(of_the_event == DecisionChecks.sha256)
    yield Contradiction("decision {} on request {}: the audit log has other checks of it", kept.where(~proved))
    blank = rows.where(DecisionChecks.found.is_(None), event.where(of_the_event.is_not(None)))
    yield Contradiction("decision {} on request {}: its checks are gone, and the audit log has them", blank)


def _runs() -> Iterator[Contradiction]:
    unfinished = exists().where(BulkItem.run_id == BulkRun.id, BulkItem.outcome.is_(None))
    yield Contradiction(
        "bulk run {}: it is done, yet some of its requests had no turn",
        select(BulkRun.id).where(BulkRun.state == BulkState.DONE, unfinished),
    )
    left = exists().where(BulkItem.run_id == BulkRun.id, BulkItem.outcome == BulkOutcome.LEFT)
    asked = and_(
        BulkRun.action == BulkAction.APPROVE, func.coalesce(BulkRun.arguments["leave_doubtful"].as_boolean(), false())
    )
    yield Contradiction(
        "bulk run {}: it left requests for a look of their own, which nobody asked for",
        select(BulkRun.id).where(left, not_(asked)),
    )
    empty = ~exists().where(BulkItem.run_id == BulkRun.id)
    yield Contradiction("bulk run {}: it is about no request", select(BulkRun.id).where(empty))


def _items_without_their_verdict() -> Iterator[Contradiction]:
    """Done means a verdict of the run's person on this request, given (or taken back) when the item says."""
    right = [
        and_(
            BulkRun.action == action,
            Decision.verdict.in_(verdicts),
            Decision.decided_by == BulkRun.started_by_id,
            *(
                (Decision.revoked_at == BulkItem.done_at, Decision.revoked_by == BulkRun.started_by_id)
                if action is BulkAction.UNDO
                else (Decision.decided_at == BulkItem.done_at,)
            ),
        )
        for action, verdicts in _VERDICTS.items()
    ]
    found = exists().where(Decision.id == BulkItem.decision_id, Decision.request_id == BulkItem.request_id, or_(*right))
    decides, done = BulkRun.action.in_(list(_VERDICTS)), BulkItem.outcome == BulkOutcome.DONE
    wrong = or_(
        and_(decides, done, ~found),
        and_(BulkItem.decision_id.is_not(None), or_(~decides, BulkItem.outcome.is_(None), ~done)),
    )
    items = (
        select(BulkItem.run_id, InvoiceRequest.number)
        .join(BulkRun, BulkRun.id == BulkItem.run_id)
        .join(InvoiceRequest, InvoiceRequest.id == BulkItem.request_id)
    )
    yield Contradiction("bulk run {}: what it says of request {} and the verdicts on it differ", items.where(wrong))


def _verdicts_of_two_items() -> Iterator[Contradiction]:
    gave = BulkRun.action != BulkAction.UNDO
    twice = (
        select(BulkItem.decision_id)
        .join(BulkRun, BulkRun.id == BulkItem.run_id)
        .where(BulkItem.decision_id.is_not(None))
        .group_by(BulkItem.decision_id, gave)
        .having(func.count() > 1)
    )
    yield Contradiction("decision {}: two bulk items say that they gave it, or took it back", twice)


def _unknown_acts() -> Iterator[str]:
    """The audit log names the run an act came from; that run must say that it did it."""
    acts = select(AuditEvent.via, AuditEvent.object_id).where(
        AuditEvent.via.startswith("bulk "), AuditEvent.object_type == ABOUT
    )
    told = (
        select(BulkItem.run_id, InvoiceRequest.number)
        .join(InvoiceRequest, InvoiceRequest.id == BulkItem.request_id)
        .where(BulkItem.outcome == BulkOutcome.DONE)
    )
    known = {(f"bulk {run_id}", number) for run_id, number in session.execute(told)}
    for via, number in session.execute(acts):
        if (via, number) not in known:
            yield f"{via}: the audit log says that it acted on request {number}, the run does not"
