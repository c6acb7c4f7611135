"""The proof of invoice numbers, series by series and period by period, on a page and as files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import abort, render_template, request, url_for
from flask_babel import gettext, lazy_gettext

from backoffice.database import session
from backoffice.errors import N_, Message, NotFound
from backoffice.extensions import limiter
from backoffice.permissions import Permission
from backoffice.review.queries import numbering as queries
from backoffice.review.queries.numbering import Kind, Period, Proof
from backoffice.review.views.accounts import request_base
from backoffice.review.views.chain import sealed
from backoffice.review.views.plumbing import blueprint
from backoffice.web import exports, limits
from backoffice.web.exports import Column, Sheet
from backoffice.web.filters import others, refuse_others
from backoffice.web.guards import guard
from backoffice.web.paging import every_row

KINDS: dict[Kind, Any] = {
    "missing": lazy_gettext("Missing numbers"),
    "repeated": lazy_gettext("Repeated numbers"),
    "disordered": lazy_gettext("Out of order"),
    "beyond": lazy_gettext("Never given out"),
}
DEFINITIONS: dict[Kind, Any] = {
    "missing": lazy_gettext("Numbers that were given out and stand on no invoice."),
    "repeated": lazy_gettext("Invoices whose number stands on another one already."),
    "disordered": lazy_gettext("Invoices dated before the one in front of them, or outside the year of their number."),
    "beyond": lazy_gettext("Invoices with a number behind the last one given out."),
}
DOCUMENTS: dict[str, Any] = {"invoice": lazy_gettext("Invoice"), "credit_note": lazy_gettext("Credit note")}
REGISTER = (
    Column(lazy_gettext("Number"), "code", lambda row: row.number),
    Column(lazy_gettext("Kind"), "text", lambda row: DOCUMENTS[row.kind]),
    Column(lazy_gettext("Number in the series"), "number", lambda row: row.sequence),
    Column(lazy_gettext("Issue date"), "day", lambda row: row.issued_on),
    Column(lazy_gettext("Issued at"), "instant", lambda row: row.issued_at),
    Column(lazy_gettext("Account code"), "code", lambda row: row.code),
    Column(lazy_gettext("Account"), "text", lambda row: row.name),
    Column(lazy_gettext("Invoice Header"), "text", lambda row: row.header_name),
    Column(lazy_gettext("Request"), "code", lambda row: row.request),
    Column(lazy_gettext("Credit note on"), "code", lambda row: row.original),
    Column(lazy_gettext("Net"), "amount", lambda row: row.net),
    Column(lazy_gettext("Tax"), "amount", lambda row: row.tax),
    Column(lazy_gettext("Gross"), "amount", lambda row: row.gross),
    Column(lazy_gettext("Official number"), "code", lambda row: row.official),
    Column(lazy_gettext("SHA-256 of the PDF"), "code", lambda row: row.pdf_sha256),
)
PROOF = (
    Column(lazy_gettext("Numbers from"), "number", lambda told: told.low),
    Column(lazy_gettext("Numbers to"), "number", lambda told: told.high),
    Column(lazy_gettext("First number found"), "number", lambda told: told.first),
    Column(lazy_gettext("Last number found"), "number", lambda told: told.last),
    Column(lazy_gettext("Invoices"), "number", lambda told: told.count),
    Column(KINDS["missing"], "number", lambda told: told.missing),
    Column(KINDS["repeated"], "number", lambda told: told.repeated),
    Column(KINDS["disordered"], "number", lambda told: told.disordered),
    Column(KINDS["beyond"], "number", lambda told: told.beyond),
)


@blueprint.get("/books/numbers")
@guard(Permission.SEE_BOOKS)
def numbers() -> str:
    """One volume of a period's numbers: its figures, and what is wrong, number by number."""
    periods = queries.periods()
    of = _asked_period(periods)
    if of is None:
        return render_template("review/numbering.html", of=None, left_out=others(request.args, ()))
    volume = _asked_volume(of)
    told = queries.proof(of, volume)
    return render_template(
        "review/numbering.html",
        of=of,
        periods=periods,
        volume=volume,
        told=told,
        kinds=KINDS,
        definitions=DEFINITIONS,
        faults={kind: queries.faults(of, told, kind) for kind in KINDS if getattr(told, kind)},
        listed=queries.LISTED,
        counted=queries.COUNTED,
        left_out=others(request.args, ("of", "volume")),
        files=[
            (label, url_for("review.export_numbers", extension=extension, of=of.name, part=part))
            for label, extension, part in (
                (gettext("CSV"), "csv", None),
                (gettext("Excel"), "xlsx", None),
                (gettext("Proof as CSV"), "csv", "proof"),
            )
        ],
        requests=request_base(),
        sealed=sealed(),
    )


@blueprint.get("/books/numbers.<any(csv, xlsx):extension>")
@guard(Permission.SEE_BOOKS)
@limiter.limit(exports.EXPORTS, key_func=limits.who_asks)
def export_numbers(extension: str) -> Any:
    """Every invoice of a period by its number, and the proof of all its volumes: a spreadsheet holds both, a CSV file
    the invoices, or with `part=proof` the proof."""
    refuse_others(request.args, ("of", "part") if extension == "csv" else ("of",))
    of, part = _asked_period(queries.periods()), request.args.get("part", "")
    if of is None:
        raise NotFound(Message(N_("No invoice number was given out yet.")))
    if part not in ("", "proof"):
        raise NotFound(Message(N_("A register has no part %(part)s."), part=part[:40]))
    name, ascii_name = gettext("Register %(period)s", period=of.name), f"register-{of.name}"
    proof = Sheet(gettext("Proof"), PROOF, _volumes(of))
    if part:
        return exports.answer(
            extension, PROOF, proof.rows, name=f"{name} {proof.title}", ascii_name=f"{ascii_name}-proof"
        )
    rows = every_row(session, queries.register_of(of), queries.order(of))
    return exports.answer(extension, REGISTER, rows, name=name, ascii_name=ascii_name, further=(proof,))


def _volumes(of: Period) -> Iterator[Proof]:
    for volume in range(1, of.volumes + 1):
        yield queries.proof(of, volume)
        session.rollback()


def _asked_period(periods: list[Period]) -> Period | None:
    """The period the address names, else the latest; None where no number was ever taken."""
    asked = request.args.get("of", "")
    if not asked:
        return periods[0] if periods else None
    found = next((each for each in periods if each.name == asked), None)
    if found is None:
        raise NotFound(Message(N_("No numbers begin with %(name)s."), name=asked[:40]))
    return found


def _asked_volume(of: Period) -> int:
    asked = request.args.get("volume", "")
    if not asked:
        return of.volumes
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 9 and 1 <= int(asked) <= of.volumes):
        abort(404)
    return int(asked)
