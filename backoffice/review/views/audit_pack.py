"""All that proves one invoice or one credit note, as one zip: the documents, who decided on which evidence, what became
of the mails. What was taken back of an invoice is a part of its story, so its pack holds its credit notes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from flask import Response
from flask_babel import gettext, lazy_gettext

from backoffice import clock, storage
from backoffice.delivery import queries as delivery
from backoffice.delivery.models import Message as Mail
from backoffice.errors import N_, Message, NotFound, Unavailable
from backoffice.extensions import limiter
from backoffice.issuing import queries as issuing
from backoffice.issuing.models import CreditNote, CreditProposal
from backoffice.issuing.queries import credits, official
from backoffice.issuing.services import documents
from backoffice.permissions import Permission
from backoffice.requests import queries as requests
from backoffice.requests.models import Decision
from backoffice.requests.rules import ABOUT, Action
from backoffice.requests.services import supporting
from backoffice.review import labels
from backoffice.review.checks.facts import Outcome
from backoffice.review.queries import credits as desk_credits
from backoffice.review.queries import dossier as queries
from backoffice.review.queries.doubts import worked_out
from backoffice.review.views import evidence, how_to_verify
from backoffice.review.views.history import EVENTS, Line, history
from backoffice.review.views.plumbing import blueprint, issuer
from backoffice.web import exports, limits, zips
from backoffice.web.exports import Column
from backoffice.web.guards import current_actor, guard

TIMELINE = (
    Column(lazy_gettext("Date"), "instant", lambda line: line.at),
    Column(lazy_gettext("What"), "text", lambda line: line.title),
    Column(lazy_gettext("Who"), "text", lambda line: line.who),
    Column(lazy_gettext("Text"), "text", lambda line: line.text),
    Column(lazy_gettext("Marks"), "text", lambda line: "; ".join(str(words) for _, words in line.tags)),
    Column(lazy_gettext("Also"), "text", lambda line: "; ".join(str(words) for words in line.also)),
    Column(lazy_gettext("What the checks said then"), "text", lambda line: _said_then(line)),
)
# A line for each verdict and check; what was not kept with a verdict is worked out for the pack, and says so.
CHECKS = (
    Column(lazy_gettext("Decision"), "text", lambda row: labels.events[EVENTS[Action(row[0].verdict)]]),
    Column(lazy_gettext("Decided by"), "text", lambda row: row[0].decided_by_label),
    Column(lazy_gettext("Decided at"), "instant", lambda row: row[0].decided_at),
    Column(lazy_gettext("Revoked at"), "instant", lambda row: row[0].revoked_at),
    Column(
        lazy_gettext("Checks kept with the decision"), "text", lambda row: gettext("Yes") if row[3] else gettext("No")
    ),
    Column(lazy_gettext("Checks worked out at"), "instant", lambda row: row[1]),
    Column(lazy_gettext("Check"), "text", lambda row: row[2].label),
    Column(lazy_gettext("Outcome"), "code", lambda row: row[2].outcome),
    Column(lazy_gettext("What it says"), "text", lambda row: row[2].message),
    Column(lazy_gettext("What it looked at"), "text", lambda row: _looked_at(row[2])),
)
RECHARGES = (
    Column(lazy_gettext("ID"), "code", lambda part: part.recharge.external_id),
    Column(lazy_gettext("Date"), "instant", lambda part: part.recharge.occurred_at),
    Column(lazy_gettext("Channel"), "text", lambda part: part.recharge.channel),
    Column(lazy_gettext("Payer"), "text", lambda part: part.recharge.payer_name),
    Column(lazy_gettext("Recharged"), "amount", lambda part: part.recharge.amount),
    Column(lazy_gettext("On this invoice"), "amount", lambda part: part.amount),
)
MAILS = (
    Column(lazy_gettext("Mail"), "text", lambda mail: labels.mails.get(mail.template, mail.template)),
    Column(lazy_gettext("To"), "text", lambda mail: mail.recipient),
    Column("Message-ID", "code", lambda mail: mail.message_id),
    Column(lazy_gettext("Status"), "text", lambda mail: labels.mail_states[mail.state]),
    Column(lazy_gettext("Attempts"), "number", lambda mail: mail.attempts),
    Column(lazy_gettext("Queued at"), "instant", lambda mail: mail.created_at),
    Column(lazy_gettext("Accepted at"), "instant", lambda mail: mail.taken_at),
    Column(lazy_gettext("Answer when it was accepted"), "text", lambda mail: mail.taken_answer),
    Column(lazy_gettext("Reported at"), "instant", lambda mail: mail.reported_at),
    Column(lazy_gettext("Last answer"), "text", lambda mail: mail.server_answer),
    Column(lazy_gettext("SHA-256 of the PDF"), "code", lambda mail: mail.attachment_sha256),
)
# What a credit note takes back is negative, as on its document; a proposal that came to nothing has no amounts.
CREDITS = (
    Column(lazy_gettext("Credit note"), "code", lambda row: row[1] and row[1].number),
    Column(lazy_gettext("Status"), "text", lambda row: labels.credit_states[row[0].state]),
    Column(lazy_gettext("Issued at"), "instant", lambda row: row[1] and row[1].issued_at),
    Column(lazy_gettext("Reason"), "text", lambda row: labels.credit_reasons[row[0].reason]),
    Column(lazy_gettext("Words on the credit note"), "text", lambda row: row[0].words),
    Column(lazy_gettext("Proposed by"), "text", lambda row: row[0].proposed_by_label),
    Column(lazy_gettext("Proposed at"), "instant", lambda row: row[0].proposed_at),
    Column(lazy_gettext("Decided by"), "text", lambda row: row[0].decided_by_label),
    Column(lazy_gettext("Decided at"), "instant", lambda row: row[0].decided_at),
    Column(lazy_gettext("Remarks"), "text", lambda row: row[0].remarks),
    Column(lazy_gettext("Net"), "amount", lambda row: row[1] and -row[1].net),
    Column(lazy_gettext("Tax"), "amount", lambda row: row[1] and -row[1].tax),
    Column(lazy_gettext("Gross"), "amount", lambda row: row[1] and -row[1].gross),
    Column(lazy_gettext("SHA-256 of the PDF"), "code", lambda row: row[1] and row[1].pdf_sha256),
)


@blueprint.get("/<number>/audit-pack.zip")
@guard(Permission.SEE_QUEUE)
@limiter.limit(exports.EXPORTS, key_func=limits.who_asks)
def audit_pack(number: str) -> Response:
    """One zip that proves an issued invoice to whoever has nothing but it. Names are always the same."""
    dossier = queries.dossier(number)
    document = issuing.document_of(dossier.request.id)
    return _packed(document.number, dict(_files(dossier, document)))


@blueprint.get("/credits/<int:proposal_id>/audit-pack.zip")
@guard(Permission.SEE_QUEUE)
@limiter.limit(exports.EXPORTS, key_func=limits.who_asks)
def credit_pack(proposal_id: int) -> Response:
    """One zip that proves a credit note, beside the invoice that it takes something back of."""
    note = credits.note_of(proposal_id)
    if note is None or note.pdf_sha256 is None:
        raise NotFound
    dossier = queries.dossier(requests.number_of(credits.request_of(proposal_id)) or "")
    return _packed(note.number, dict(_files_of_note(dossier, note)))


def _packed(folder: str, files: dict[str, bytes]) -> Response:
    sums = [how_to_verify.sum_line(name, hashlib.sha256(content).hexdigest()) for name, content in files.items()]
    files["SHA256SUMS"] = b"".join(sums)
    packed = [zips.whole(f"{folder}/{name}", content) for name, content in files.items()]
    measure = zips.Measure()
    for one in packed:
        measure.add(one.name, one.size)
    return zips.answer(
        packed,
        measure.total,
        at=clock.now().astimezone(clock.zone()),
        name=f"{gettext('Audit pack')} {folder}.zip",
        ascii_name=f"audit-pack-{folder}.zip",
    )


def _files(dossier: queries.Dossier, document: issuing.Document) -> Iterator[tuple[str, bytes]]:
    """Every file of an invoice's pack but its sums. Raises Unavailable where a document cannot be read: half a proof is
    none."""
    shown = dossier.request
    invoice = dict(_document(document.number, document.sha256))
    yield from invoice.items()
    for record in reversed(official.records_of(shown.id)):
        if record.file_sha256 is not None:
            yield f"official/{record.version}-{record.file_name}", _stored(record.file_sha256)
    enclosed = supporting.of(shown)
    if enclosed is not None:
        yield f"supporting/{enclosed.name}", _stored(enclosed.sha256)
    frozen = _snapshot(shown.id)
    yield "snapshot.json", _as_json(frozen)
    about = desk_credits.of_request(shown.id)
    for note in about.notes.values():
        if note.pdf_sha256 is not None:
            for name, content in _document(note.number, note.pdf_sha256):
                yield f"credit-notes/{name}", content
            yield f"credit-notes/{note.number}.snapshot.json", _as_json(note.snapshot)
    yield from _logos(frozen, *(note.snapshot for note in about.notes.values()))
    messages = _messages(shown.id)
    checked = list(_checked(dossier))
    yield _table("timeline.csv", TIMELINE, history(dossier, messages))
    yield _table("checks.csv", CHECKS, checked)
    yield _table("recharges.csv", RECHARGES, dossier.parts)
    if about.proposals:
        yield _table("credit-notes.csv", CREDITS, _proposals(about))
    yield _table("mails.csv", MAILS, messages)
    yield (
        "HOW-TO-VERIFY.txt",
        how_to_verify.of_invoice(
            document.number,
            maker=current_actor().label,
            sha256=document.sha256,
            verify=issuer().verify_url(document.number),
            has_xml=f"{document.number}.xml" in invoice,
            kept=all(is_kept for *_, is_kept in checked),
        ),
    )


def _files_of_note(dossier: queries.Dossier, note: CreditNote) -> Iterator[tuple[str, bytes]]:
    """Every file of a credit note's pack but its sums. Raises as `_files`."""
    shown = dossier.request
    invoice = credits.invoice_of(shown.id)
    yield from _document(note.number, note.pdf_sha256 or "")
    yield "snapshot.json", _as_json(note.snapshot)
    if invoice.pdf_sha256 is not None:
        for name, content in _document(invoice.number, invoice.pdf_sha256):
            yield f"invoice/{name}", content
    yield f"invoice/{invoice.number}.snapshot.json", _as_json(invoice.snapshot)
    yield from _logos(note.snapshot, invoice.snapshot)
    messages = _messages(shown.id)
    yield _table("timeline.csv", TIMELINE, history(dossier, messages))
    yield _table("credit-notes.csv", CREDITS, _proposals(desk_credits.of_request(shown.id)))
    yield _table("mails.csv", MAILS, [mail for mail in messages if mail.attachment_sha256 == note.pdf_sha256])
    yield (
        "HOW-TO-VERIFY.txt",
        how_to_verify.of_credit_note(
            note.number,
            invoice.number,
            maker=current_actor().label,
            sha256=note.pdf_sha256 or "",
            verify=issuer().verify_url(note.number),
        ),
    )


def _document(number: str, sha256: str) -> Iterator[tuple[str, bytes]]:
    """A stored PDF and, where it brings one, the XML inside it."""
    pdf = _stored(sha256)
    yield f"{number}.pdf", pdf
    with suppress(NotFound):
        yield f"{number}.xml", documents.enclosed_xml(pdf)


def _table(name: str, columns: Sequence[Column], rows: Iterable[Any]) -> tuple[str, bytes]:
    return name, b"".join(exports.csv_lines(columns, rows))


def _messages(request_id: int) -> list[Mail]:
    return [mail for mail in delivery.about(ABOUT, request_id) if mail.template in labels.mails]


def _proposals(about: desk_credits.OfRequest) -> list[tuple[CreditProposal, CreditNote | None]]:
    return [(proposal, about.notes.get(proposal.id)) for proposal in about.proposals]


def _checked(dossier: queries.Dossier) -> Iterator[tuple[Decision, datetime, evidence.Finding, bool]]:
    """What the checks said when each verdict was given, also a revoked one: the verdict, when it was worked out, one of
    the checks, and whether it was kept. One from before that gets what the checks say now of what was known then."""
    now = clock.now()
    for given in dossier.decisions:
        kept = dossier.checked_at(given)
        found = kept or worked_out(dossier, now=now, currency=issuer().currency)
        for one in evidence.in_words(found.checks):
            yield given, found.at, one, kept is not None


def _said_then(line: Line) -> str:
    if line.unkept:
        return str(gettext("What the checks said then was not kept yet."))
    said = {code: "; ".join(one.label for one in line.checks if one.outcome == code) for code in Outcome}
    words = {Outcome.FAIL: gettext("Fail"), Outcome.WARN: gettext("Look"), Outcome.PASS: gettext("Pass")}
    return " | ".join(
        f"{words[code]}: {said[code]}" for code in (Outcome.FAIL, Outcome.WARN, Outcome.PASS) if said[code]
    )


def _stored(sha256: str) -> bytes:
    try:
        return storage.get(sha256)
    except NotFound as error:
        told = Message(N_("A document of this invoice is not in the store, so its pack would prove nothing."))
        raise Unavailable(told, code="document-missing") from error


def _snapshot(request_id: int) -> Any:
    numbered = issuing.numbered_invoice(request_id)
    assert numbered is not None, "an issued request has its invoice"
    return numbered[1]


def _logos(*snapshots: Any) -> Iterator[tuple[str, bytes]]:
    """The pictures that documents are drawn with, by the hashes that stand in what was frozen."""
    for sha256 in sorted({one["seller"].get("logo", "") for one in snapshots} - {""}):
        yield f"logo/{sha256}.png", _stored(sha256)


def _as_json(snapshot: Any) -> bytes:
    return (json.dumps(snapshot, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def _looked_at(found: evidence.Finding) -> str:
    return "; ".join(f"{label}: {value}" for label, value, *_ in found.data)
