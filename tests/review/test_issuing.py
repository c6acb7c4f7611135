"""The desk stops issuing, lets it go on, and tries again what failed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner
from flask.cli import ScriptInfo

from backoffice import clock
from backoffice.audit.models import AuditEvent
from backoffice.cli.command import cli
from backoffice.issuing import jobs, services
from backoffice.review.services import decisions
from tests.review.desk import NOW, Desk
from tests.support.visitor import Visitor

pytestmark = pytest.mark.one_database
ISSUING = "/review/issuing"


def test_stopped_by_a_reviewer_told_everywhere_and_let_go_on_by_a_manager(
    desk: Desk, visit: Callable[..., Visitor]
) -> None:
    rita, max_, otto = visit(desk.cast.rita), visit(desk.cast.max), visit(desk.cast.otto)
    number = desk.apply()
    desk.run(decisions.approve, desk.cast.rui.actor, number, now=NOW)
    rita.get(ISSUING)
    assert "1 approved request waits for its number." in rita.page.text
    assert 'data-keep="issuing-stop"' in rita.page.text
    assert rita.submit({"reason": " "}, button="Stop issuing").status_code == 422
    assert "Say why" in rita.page.text
    assert rita.submit({"reason": "<b>Wrong</b> rate"}, button="Stop issuing").status_code == 303
    assert "&lt;b&gt;Wrong&lt;/b&gt; rate" in rita.follow().text
    second = desk.apply()
    rita.get(f"/review/{second}")
    rita.submit({}, button="Approve")
    assert "it waits until somebody lets it go on" in rita.follow().text
    for page in ("/review/work", f"/review/{number}"):
        assert "Issuing is stopped" in rita.get(page).text, page
        assert "&lt;b&gt;Wrong&lt;/b&gt; rate" in rita.page.text, page
    assert "Let it go on" not in otto.get(ISSUING).text.partition("<main")[2].replace("Stop issuing, or", "")
    assert 'data-keep="issuing-resume"' in max_.get(ISSUING).text, "the reason of a stop is none for going on"
    rita.get(ISSUING)
    assert max_.submit({"reason": "Mended"}, button="Let it go on").status_code == 303
    assert "Mended" in max_.follow().text
    late = rita.submit({"reason": "Mended, too"}, button="Let it go on")
    assert (late.status_code, "Issuing is not stopped." in late.text, "Mended, too" in late.text) == (409, True, True)
    # It would be the reason of a stop now, for whoever presses the button that stands there.
    (form,) = [form for form in rita.forms() if "reason" in form.names]
    assert (dict(form.values)["act"], dict(form.values)["reason"]) == ("stop", "")
    assert "Issuing is stopped" not in rita.get(f"/review/{number}").text


def test_the_words_of_a_session_that_ended_come_back(desk: Desk, visit: Callable[..., Visitor]) -> None:
    rita = visit(desk.cast.rita)
    rita.get(ISSUING)
    form = next(form for form in rita.forms() if "reason" in form.names)
    visit(desk.cast.rita).client.post("/settings/sign-out-everywhere")
    rita.client.delete_cookie("session")
    rita.submit({"reason": "Typed before"}, button="Stop issuing")
    assert rita.page.headers["Location"].startswith("/login"), form.action
    rita.sign_in(desk.cast.rita)
    assert "Typed before" in rita.get(ISSUING).text


def test_a_failed_issue_is_tried_again_from_its_page(
    desk: Desk, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = desk.apply()
    desk.run(decisions.approve, desk.cast.rui.actor, number, now=NOW)
    with monkeypatch.context() as broken, desk.app.app_context():
        broken.setattr(services, "render_document", _fail)
        assert jobs.issue_due() == 0
    rita, max_ = visit(desk.cast.rita), visit(desk.cast.max)
    assert "a broken template" in rita.get(f"/review/{number}").text
    assert "Try again" not in max_.get(f"/review/{number}").text
    command = ["issue", "retry", number, "--as", "max@backoffice.example"]
    refused = CliRunner().invoke(cli, command, obj=ScriptInfo(create_app=lambda: desk.app, set_debug_flag=False))
    assert refused.exit_code != 0, "as little as on the page"
    assert rita.submit(button="Try again").status_code == 303
    assert "tries to issue" in rita.follow().text
    assert desk.count(AuditEvent, AuditEvent.action == "request.retry_issue") == 1
    with desk.app.app_context(), clock.moved_to(NOW):
        assert jobs.issue_due() == 1
    assert desk.state(number) == "issued"


def _fail(_snapshot: object) -> None:
    raise RuntimeError("a broken template")
