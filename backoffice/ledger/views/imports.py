"""Imports: hand in a file of the platform, watch it, read what became of its lines, settle what is in conflict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from flask import Flask, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from werkzeug.exceptions import RequestEntityTooLarge

from backoffice import clock, scheduling, storage
from backoffice.config import Settings
from backoffice.database import session, transaction
from backoffice.errors import Conflict, Invalid
from backoffice.ledger import labels, queries
from backoffice.ledger.forms import DEFAULT_SOURCE, ConfirmForm, ImportForm, SettleForm
from backoffice.ledger.models import FileVia, LedgerFile, LedgerLineProblem
from backoffice.ledger.rules import COLUMNS, OPTIONAL_COLUMNS
from backoffice.ledger.services import conflicts, encodings, files, progress, reading, sources, turns
from backoffice.ledger.services.progress import Progress
from backoffice.ledger.views.plumbing import blueprint
from backoffice.permissions import Permission
from backoffice.web import asides, exports, kept_forms
from backoffice.web.errors import translate
from backoffice.web.exports import Column
from backoffice.web.forms import apply_errors
from backoffice.web.guards import current_actor, guard
from backoffice.web.paging import PageRequest, paginate

UPLOAD_MEGABYTES = 200
_UPLOAD_BYTES = UPLOAD_MEGABYTES * 1024 * 1024
_HISTORY = 20
PROBLEMS = (
    Column(lazy_gettext("Line"), "number", lambda problem: problem.line),
    Column(lazy_gettext("Outcome"), "text", lambda problem: labels.problem_kinds[problem.kind]),
    Column("external_id", "code", lambda problem: problem.external_id),
    Column(lazy_gettext("Why"), "text", lambda problem: labels.plain(problem.reason)),
    Column(lazy_gettext("What the line says"), "text", lambda problem: labels.told_text(problem.told)),
)


def init(app: Flask) -> None:
    """Give the templates the words of the books."""
    app.jinja_env.globals["ledger_labels"] = labels


@blueprint.url_value_preprocessor
def _take_large_files(endpoint: str | None, _values: object) -> None:
    # Before anything reads the form, the CSRF check among them; who may not enter is sent away without it being read.
    if endpoint == "ledger.upload":
        request.max_content_length = _UPLOAD_BYTES


@blueprint.errorhandler(RequestEntityTooLarge)
def _too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    form = ImportForm(formdata=None)
    sentence = gettext("The file is larger than %(limit)s MB. Cut it into several.", limit=UPLOAD_MEGABYTES)
    form.file.errors = [sentence]
    return _imports_page(form), 413


@blueprint.get("/admin/imports")
@guard(Permission.ADMINISTER)
def imports() -> ResponseReturnValue:
    """Hand in a file, and every import there was."""
    return _imports_page(kept_forms.begin(ImportForm, {"source": DEFAULT_SOURCE}))


def _imports_page(form: ImportForm) -> str:
    page = paginate(session, queries.imports(), [(LedgerFile.id, "desc")], PageRequest.of(request.args), _HISTORY)
    return render_template(
        "ledger/imports.html",
        form=form,
        sources=sources.known(),
        page=page,
        links=page.links(url_for("ledger.imports")),
        worker_is_alive=scheduling.worker_is_alive(clock.now()),
        limit=UPLOAD_MEGABYTES,
        columns=[(name, name not in OPTIONAL_COLUMNS) for name in COLUMNS],
    )


def _keep_words() -> ResponseReturnValue | None:
    """Of a file as large as only who may enter can send, nothing is read to keep the words beside it."""
    if (request.content_length or 0) > (current_app.config["MAX_CONTENT_LENGTH"] or 0):
        return None
    return kept_forms.keep_typed()


@blueprint.post("/admin/imports")
@guard(Permission.ADMINISTER, rescue=_keep_words)
def upload() -> ResponseReturnValue:
    """Keep the file and let it wait for the worker; what is no ledger file is refused at once."""
    form = ImportForm()
    if asides.is_asked():
        began = {"source": DEFAULT_SOURCE, "strict": "", "dry_run": ""}
        return cast(ResponseReturnValue, kept_forms.step_aside(began, lambda: _imports_page(form)))
    try:
        if not form.validate():
            return _imports_page(form), 400
        return kept_forms.done(redirect(url_for("ledger.show_import", file_id=_enter(form)), 303))
    except Invalid as error:
        apply_errors(form, error)
        return _imports_page(form), 400


def _enter(form: ImportForm) -> int:
    """The id of the import. Raises Invalid."""
    sent = form.file.data
    if sent is None or not sent.filename:
        raise Invalid({"file": [gettext("Choose a file.")]})
    order = files.Order(
        sent.filename, sources.named(form.source.data or ""), FileVia.PAGE, form.strict.data, form.dry_run.data
    )
    stream = cast(BinaryIO, sent.stream)
    facts = encodings.examine(stream)
    shape = reading.shape(stream, facts.encoding)
    session.rollback()  # nothing of the database is held while a large file is stored
    storage.put_file(stream, facts.sha256)
    with transaction():
        return files.enter(current_actor(), order, facts, shape, now=clock.now()).id


@blueprint.get("/admin/imports/<int:file_id>")
@guard(Permission.ADMINISTER)
def show_import(file_id: int) -> ResponseReturnValue:
    """One import: what it asks, how far it is, then what became of its lines."""
    return _import_page(file_id, ConfirmForm(formdata=None))


def _import_page(file_id: int, form: ConfirmForm) -> str:
    record = queries.import_of(file_id)
    if not record.asks:
        doubts = sources.doubts(record.source, record.sha256, record.id)
    else:
        offered = sources.offered(record.source)
        form.offer(offered)
        # As long as it asks, what was handed in after it speaks against it as well.
        doubts = sources.doubts(form.source.data if form.source.data in offered else record.source, record.sha256)
        form.seen.data = doubts.there.word if doubts.there else ""
    order = [(LedgerLineProblem.line, "asc"), (LedgerLineProblem.id, "asc")]
    page = paginate(session, queries.problems_of(file_id), order, PageRequest.of(request.args))  # type: ignore[arg-type]
    return render_template(
        "ledger/import.html",
        page=page,
        links=page.links(request.path),
        before=files.imported_before(record.sha256, record.source, record.id),
        doubts=doubts,
        form=form,
        **_moving(record),
    )


# At the address of its page, where whoever is refused can go on from: to another language, or by a reload.
@blueprint.post("/admin/imports/<int:file_id>")
@guard(Permission.ADMINISTER)
def confirm_source(file_id: int) -> ResponseReturnValue:
    """Say which system the ids of a file that asks belong to; then it waits for the worker."""
    form, record = ConfirmForm(), queries.import_of(file_id)
    form.offer(sources.offered(record.source))
    try:
        if record.asks and not form.validate():
            return _import_page(file_id, form), 400
        with transaction():
            source, seen = form.source.data or "", form.seen.data or ""
            files.confirm(current_actor(), file_id, source, seen=seen, now=clock.now())
    except Invalid as error:
        apply_errors(form, error)
        return _import_page(file_id, form), 400
    except Conflict as error:
        flash(translate(error.message), "warning")
    return redirect(url_for("ledger.show_import", file_id=file_id), 303)


def _moving(record: LedgerFile) -> dict[str, Any]:
    """What the part of the page that moves shows."""
    done = Progress(record.bytes_done, record.lines)
    if record.is_tried:
        done = progress.read(progress.folder_in(_settings().instance_path), record.id)
    alive, first = scheduling.worker_is_alive(clock.now()), turns.whose()
    goes_first = first if first != record.id and not record.dry_run else None
    may_stop = files.may_stop(record)
    return {
        "record": record, "done": done, "worker_is_alive": alive, "goes_first": goes_first, "may_stop": may_stop,
    }  # fmt: skip


def _settings() -> Settings:
    found: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    return found


@blueprint.get("/admin/imports/<int:file_id>/progress")
@guard(Permission.ADMINISTER)
def import_progress(file_id: int) -> ResponseReturnValue:
    """The part of the page that moves, for its script."""
    return render_template("ledger/progress.html", **_moving(queries.import_of(file_id)))


@blueprint.get("/admin/imports/<int:file_id>/problems.csv")
@guard(Permission.ADMINISTER)
def problems_csv(file_id: int) -> Response:
    """Every line that was not taken, to mend them in a spreadsheet."""
    queries.import_of(file_id)
    name = f"import-{file_id}-problems"
    return exports.answer("csv", PROBLEMS, _problems(file_id), name=name, ascii_name=name)


def _problems(file_id: int) -> Iterator[LedgerLineProblem]:
    """Asked when the first line leaves: until then the session may be used for something else."""
    statement = queries.problems_of(file_id).order_by(LedgerLineProblem.line, LedgerLineProblem.id)
    yield from session.scalars(statement.execution_options(yield_per=500))


@blueprint.post("/admin/imports/<int:file_id>/cancel")
@guard(Permission.ADMINISTER)
def cancel_import(file_id: int) -> ResponseReturnValue:
    """Stop an import that waits or runs."""
    queries.import_of(file_id)
    try:
        with transaction():
            files.cancel(current_actor(), file_id, now=clock.now())
        flash(gettext("The import is stopped."), "success")
    except Conflict as error:
        flash(translate(error.message), "warning")
    return redirect(url_for("ledger.show_import", file_id=file_id), 303)


@blueprint.route("/admin/imports/conflicts/<int:problem_id>", methods=["GET", "POST"])
@guard(Permission.ADMINISTER, rescue=kept_forms.keep_typed)
def conflict(problem_id: int) -> ResponseReturnValue:
    """A line beside what the books say, and the way to settle it by hand."""
    problem = queries.conflict(problem_id)
    if request.method != "POST":
        return _conflict_page(problem, kept_forms.begin(SettleForm, {}))
    form = SettleForm()
    if asides.is_asked():
        return cast(ResponseReturnValue, kept_forms.step_aside({"reason": ""}, lambda: _conflict_page(problem, form)))
    try:
        if not form.validate():
            return _conflict_page(problem, form), 400
        with transaction():
            conflicts.settle(current_actor(), problem_id, form.reason.data or "", now=clock.now())
    except Invalid as error:
        apply_errors(form, error)
        return _conflict_page(queries.conflict(problem_id), form), 400
    except Conflict:
        return _conflict_page(queries.conflict(problem_id), form), 409
    flash(gettext("The conflict is settled."), "success")
    settled = queries.conflict(problem_id)
    return kept_forms.done(redirect(url_for("ledger.show_import", file_id=settled.file_id), 303))


def _conflict_page(problem: LedgerLineProblem, form: SettleForm) -> str:
    books = queries.books_say(problem.source, problem.external_id)
    if books and "currency" in problem.told:
        books["currency"] = _settings().currency
    return render_template(
        "ledger/conflict.html",
        problem=problem,
        record=queries.import_of(problem.file_id),
        known=bool(books),
        others=queries.conflicts_beside(problem),
        rows=[row for name in COLUMNS if (row := _beside(name, problem.told, books)) is not None],
        form=form,
    )


def _beside(name: str, told: dict[str, str], books: dict[str, str]) -> tuple[str, str, str, bool] | None:
    """A column as the line tells it and as the books do, and whether they differ; None when neither says anything."""
    line, known = told.get(name, ""), books.get(name, "")
    # An optional column that a line leaves empty leaves the books as they are.
    differs = bool(books) and line != known and bool(line or name not in OPTIONAL_COLUMNS)
    return (name, line, known, differs) if line or known else None
