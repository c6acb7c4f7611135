"""All that proves one invoice, as one zip: the documents, who decided on which evidence, what became of the mails."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from flask import Response
from flask_babel import gettext, lazy_gettext

from backoffice import clock, storage
from backoffice.delivery import queries as delivery
from backoffice.errors import N_, Message, NotFound, Unavailable
from backoffice.extensions import limiter
from backoffice.issuing import queries as issuing
from backoffice.issuing.queries import official
from backoffice.issuing.services import documents
from backoffice.permissions import Permission
from backoffice.requests.rules import ABOUT
from backoffice.requests.services import supporting
from backoffice.review import labels
from backoffice.review.queries import dossier as queries
from backoffice.review.views import evidence, how_to_verify
from backoffice.review.views.history import history
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
)
CHECKS = (
    Column(lazy_gettext("Check"), "text", lambda found: found.label),
    Column(lazy_gettext("Outcome"), "code", lambda found: found.outcome),
    Column(lazy_gettext("What it says"), "text", lambda found: found.message),
    Column(lazy_gettext("What it looked at"), "text", lambda found: _looked_at(found)),
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
    Column(lazy_gettext("Accepted at"), "instant", lambda mail: mail.accepted_at),
    Column(lazy_gettext("Reported at"), "instant", lambda mail: mail.reported_at),
    Column(lazy_gettext("Answer of the mail server"), "text", lambda mail: mail.server_answer),
    Column(lazy_gettext("SHA-256 of the PDF"), "code", lambda mail: mail.attachment_sha256),
)


@blueprint.get("/<number>/audit-pack.zip")
@guard(Permission.SEE_QUEUE)
@limiter.limit(exports.EXPORTS, key_func=limits.who_asks)
def audit_pack(number: str) -> Response:
    """One zip that proves an issued invoice to whoever has nothing but it. Names are always the same."""
    dossier = queries.dossier(number)
    document = issuing.document_of(dossier.request.id)
    folder = document.number
    files = dict(_files(dossier, document))
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
    """Every file of the pack but its sums. Raises Unavailable where a document cannot be read: half a proof is none."""
    shown = dossier.request
    pdf = _stored(document.sha256)
    yield f"{document.number}.pdf", pdf
    try:
        xml: bytes | None = documents.enclosed_xml(pdf)
    except NotFound:
        xml = None
    if xml is not None:
        yield f"{document.number}.xml", xml
    for record in reversed(official.records_of(shown.id)):
        if record.file_sha256 is not None:
            yield f"official/{record.version}-{record.file_name}", _stored(record.file_sha256)
    enclosed = supporting.of(shown)
    if enclosed is not None:
        yield f"supporting/{enclosed.name}", _stored(enclosed.sha256)
    yield "snapshot.json", _snapshot(shown.id)
    messages = [mail for mail in delivery.about(ABOUT, shown.id) if mail.template in labels.mails]
    facts = evidence.facts_of(dossier, clock.now())
    for name, columns, rows in (
        ("timeline.csv", TIMELINE, history(dossier, messages)),
        ("checks.csv", CHECKS, evidence.panel(facts)),
        ("recharges.csv", RECHARGES, dossier.parts),
        ("mails.csv", MAILS, messages),
    ):
        yield name, b"".join(exports.csv_lines(columns, rows))
    yield (
        "HOW-TO-VERIFY.txt",
        how_to_verify.of_invoice(
            document.number,
            maker=current_actor().label,
            sha256=document.sha256,
            verify=issuer().verify_url(document.number),
            has_xml=xml is not None,
        ),
    )


def _stored(sha256: str) -> bytes:
    try:
        return storage.get(sha256)
    except NotFound as error:
        told = Message(N_("A document of this invoice is not in the store, so its pack would prove nothing."))
        raise Unavailable(told, code="document-missing") from error


def _snapshot(request_id: int) -> bytes:
    numbered = issuing.numbered_invoice(request_id)
    assert numbered is not None, "an issued request has its invoice"
    return (json.dumps(numbered[1], ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def _looked_at(found: evidence.Finding) -> str:
    return "; ".join(f"{label}: {value}" for label, value, *_ in found.data)
