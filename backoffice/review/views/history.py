"""One request's timeline as the desk reads it: events, ended approvals, notes and mails in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import gettext
from flask_login import current_user
from markupsafe import Markup

from backoffice.delivery.models import Message
from backoffice.permissions import Permission
from backoffice.requests.models import Decision, RequestEvent
from backoffice.requests.rules import Action, Ending
from backoffice.review import labels
from backoffice.review.queries.dossier import Dossier
from backoffice.review.views.evidence import Finding, in_words
from backoffice.web.formatting import day

_KINDS = {
    "approved": "good", "held": "current", "answered": "done", "issued": "good", "rejected": "bad", "flagged": "bad",
}  # fmt: skip

# The events that tell of verdicts.
EVENTS = {Action.FIRST_APPROVE: "first_approved", Action.APPROVE: "approved", Action.REJECT: "rejected"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what happened, when, who did it, what was said; `tags` are tones and words, `also` small print,
    `mail` the message whose page the reader may open; of a verdict the `checks` as they were then, with `checked_at`
    the moment they were worked out, and `unkept` where that was not kept."""

    at: datetime
    title: Any
    who: Any = None
    text: str = ""
    text_label: Any = None
    kind: str = ""
    tags: tuple[tuple[str, Any], ...] = ()
    also: tuple[Any, ...] = ()
    mail: int | None = None
    checks: Sequence[Finding] = ()
    checked_at: datetime | None = None
    unkept: bool = False


def history(dossier: Dossier, messages: Sequence[Message]) -> list[Line]:
    """Everything that happened to a request and was said about it, oldest first. Customers never see this list."""
    lines = [
        *(_with_checks(_happened(event, dossier.decisions), event, dossier) for event in dossier.events),
        *_ended(dossier),
        *(
            Line(note.at, gettext("Note"), note.author_label, note.text, kind="note", tags=_internal())
            for note in dossier.notes
        ),
        *(_mailed(message) for message in messages),
    ]
    return sorted(lines, key=lambda line: line.at)


def _internal() -> tuple[tuple[str, Any], ...]:
    return (("neutral", gettext("Internal")),)


def _happened(event: RequestEvent, decisions: Sequence[Decision]) -> Line:
    text, label = event.data.get("remarks") or "", gettext("Remarks")
    tags: tuple[tuple[str, Any], ...] = ()
    match event.kind:
        case "held":
            label = gettext("Question")
        case "answered":
            label = gettext("Answer")
        case "first_approved":
            text = next((one.remarks for one in decisions if one.decided_at == event.at), "")
        case "returned":
            text = next((one.revoked_why or "" for one in decisions if one.revoked_at == event.at), "")
            label, tags = gettext("Reason"), _internal()
        case "official_corrected":
            text, label, tags = event.data["note"], gettext("Reason"), _internal()
    linked = {"reissue_of": gettext("Takes the place of"), "reissued_as": gettext("Issued anew as")}
    also: list[str] = [f"{words} {event.data[name]}" for name, words in linked.items() if event.data.get(name)]
    if event.kind == "due_moved":
        also.append(Markup("{} → {}").format(day(event.day("before")), day(event.day("due_on"))))
    if event.kind in ("official_recorded", "official_corrected"):
        former = event.data.get("former", event.data["number"])
        changed = gettext("instead of %(former)s", former=former) if former != event.data["number"] else ""
        also.append(f"{event.data['number']} {changed}".strip())
    codes = [event.data.get("reason"), *event.data.get("further_reasons", ())]
    return Line(
        event.at,
        labels.events[event.kind],
        event.actor_label if event.actor_role else gettext("Automatic"),
        text,
        label,
        _KINDS.get(event.kind, ""),
        tags,
        (*(labels.reasons[code] for code in codes if code in labels.reasons), *also),
    )


def _with_checks(line: Line, event: RequestEvent, dossier: Dossier) -> Line:
    """The line of a verdict with what the checks said when it was given."""
    told = (one for one in dossier.decisions if EVENTS[Action(one.verdict)] == event.kind)
    given = next((one for one in told if one.decided_at == event.at), None)
    if given is None:
        return line
    checked = dossier.checked_at(given)
    if checked is None:
        return replace(line, unkept=True)
    return replace(line, checks=in_words(checked.checks), checked_at=checked.at)


def _ended(dossier: Dossier) -> Iterator[Line]:
    """First approvals that were ended: no event tells of them, for the timeline of events is the customer's too."""
    for one in dossier.decisions:
        if one.verdict != Action.FIRST_APPROVE:
            continue
        if one.revoked_at is not None and one.revoked_why != Ending.OTHER_MONEY:
            who = dossier.enders.get(one.revoked_by) if one.revoked_by is not None else None
            yield _end(one, one.revoked_at, one.revoked_why or "", who)
        elif one.id in dossier.void_since:
            # It ended with the money, not when somebody came across it.
            yield _end(one, dossier.void_since[one.id], Ending.OTHER_MONEY)


def _end(first: Decision, at: datetime, why: str, who: str | None = None) -> Line:
    title = gettext("The first approval of %(who)s ended", who=first.decided_by_label)
    return Line(at, title, who, str(labels.endings.get(why, why)), gettext("Reason"), tags=_internal())


def _mailed(message: Message) -> Line:
    reported = message.reported_at is not None
    answer = message.server_answer if reported or message.state in ("failed", "deferred") else None
    state = (labels.mail_reports if reported else labels.mail_states)[message.state]
    tone = "warn" if reported and message.state == "accepted" else labels.mail_tones[message.state]
    return Line(
        message.accepted_at or message.created_at,
        gettext("Email to the customer: %(what)s", what=labels.mails[message.template]),
        message.recipient,
        tags=((tone, state),),
        also=(answer,) if answer else (),
        mail=message.id if current_user.can(Permission.DECIDE) else None,
    )
