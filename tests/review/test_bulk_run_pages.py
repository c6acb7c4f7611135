"""The page of a bulk run, without JavaScript: watch it, stop it, run the rest again, undo."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from backoffice import scheduling
from backoffice.requests.models import Decision
from backoffice.review.models import BulkItem
from backoffice.review.services import claims, decisions
from tests.review.desk import NOW, Desk
from tests.review.runs import started, words, work
from tests.support.sql import statements
from tests.support.visitor import Visitor


@pytest.fixture
def rita(desk: Desk, visit: Callable[..., Visitor]) -> Visitor:
    return visit(desk.cast.rita)


def test_whoever_was_faster_is_named_with_the_hour_of_the_wall(desk: Desk, rita: Visitor) -> None:
    number = desk.apply()
    rita.get("/review")
    rita.submit({"number": [number]}, button="Approve")
    run = started(rita, "Approve 1 request")
    desk.run(decisions.reject, desk.cast.rui.actor, number, reason="other", remarks="No.", now=NOW)
    work(desk)
    rita.get(run)
    assert "芮明 rejected this request at 23 Nov 2026, 10:00." in words(rita)


def test_what_failed_stays_ticked_and_is_run_again(desk: Desk, rita: Visitor) -> None:
    claimed, good = desk.apply(), desk.apply()
    desk.run(claims.claim, desk.cast.rui.actor, claimed, now=NOW)
    rita.get(f"/review/bulk/new?action=approve&number={claimed}&number={good}")
    assert "Somebody else works on 1 of them" in words(rita)
    run = started(rita, "Approve 2 requests", remarks="Thanks")
    work(desk)
    rita.get(run)
    assert "1 request was not done" in words(rita)
    assert "芮明 works on this request" in words(rita)
    assert re.search(rf'value="{claimed}"[^>]* checked', rita.page.text)
    assert f'value="{good}"' not in rita.page.text
    desk.run(claims.release, desk.cast.rui.actor, claimed, now=NOW)
    rita.submit({}, button="reject")
    assert ("Reject 1 request" in words(rita), "Thanks" in rita.page.text) == (True, False), "words of another act"
    rita.get(run)
    rita.submit({}, button="approve")
    assert "Approve 1 request" in words(rita)
    assert "Thanks" in rita.page.text, "what went with it goes with it again"
    started(rita, "Approve 1 request")
    assert f'href="{run}"' in rita.page.text, "it says what it follows"
    work(desk)
    assert (desk.state(claimed), desk.count(Decision)) == ("approved", 2)


def test_a_run_is_stopped_from_its_page(desk: Desk, rita: Visitor) -> None:
    number = desk.apply()
    rita.get(f"/review/bulk/new?action=approve&number={number}")
    run = started(rita, "Approve 1 request")
    rita.submit({}, button="Stop")
    rita.follow()
    assert "1 request had no turn and is as it was." in words(rita)
    work(desk)
    assert desk.state(number) == "pending"
    assert (
        rita.client.post(f"{run}/stop", data={"csrf_token": rita.forms()[0].filled({}, None)["csrf_token"]}).status_code
        == 303
    )
    rita.get(run)
    assert "Everything is done already." in words(rita)


def test_approvals_are_undone_from_the_runs_page(desk: Desk, rita: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = desk.app.config["BACKOFFICE_SETTINGS"]
    monkeypatch.setitem(desk.app.config, "BACKOFFICE_SETTINGS", settings.model_copy(update={"undo_seconds": 60}))
    number = desk.apply()
    rita.get(f"/review/bulk/new?action=approve&number={number}")
    run = started(rita, "Approve 1 request")
    work(desk)
    rita.get(run)
    rita.submit({}, button="Undo 1 approval")
    rita.follow()
    work(desk)
    assert desk.state(number) == "pending"
    assert "Undo 1 approval" not in rita.get(run).text


def test_z_undoes_a_run_as_soon_as_it_is_finished_and_nothing_older(
    desk: Desk, rita: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = desk.app.config["BACKOFFICE_SETTINGS"]
    monkeypatch.setitem(desk.app.config, "BACKOFFICE_SETTINGS", settings.model_copy(update={"undo_seconds": 60}))
    before, number = desk.apply(days_ago=3), desk.apply()
    rita.get(f"/review/{before}")
    rita.submit({"remarks": ""}, button="Approve")
    rita.get(f"/review/bulk/new?action=approve&number={number}")
    run = started(rita, "Approve 1 request")
    page = rita.get("/review").text
    assert ('data-key="z"' in page, "a bulk action, and it is not finished" in page) == (False, True)
    work(desk)
    page = rita.get("/review").text
    assert "1 approval was given at once." in page
    assert re.findall(r'action="([^"]+)">(?:(?!</form>).)*data-key="z"', page, re.DOTALL) == [f"{run}/undo"]
    rita.submit(button="Undo")
    work(desk)
    assert (desk.state(before), desk.state(number)) == ("approved", "pending")
    assert f'action="/review/{before}/undo"' in rita.get("/review").text, "now that one was done last"
    rita.get(f"/review/bulk/new?action=assign&number={number}")
    started(rita, "Assign 1 request", assignee="nobody")
    work(desk)
    page = rita.get("/review").text
    assert ('data-key="z"' in page, "was to assign requests. It cannot be undone" in page) == (False, True)


def test_who_sees_a_run(desk: Desk, rita: Visitor, visit: Callable[..., Visitor]) -> None:
    number = desk.apply()
    rita.get(f"/review/bulk/new?action=approve&number={number}")
    run = started(rita, "Approve 1 request")
    assert rita.get("/review/bulk").text.count("/review/bulk/") == 1
    rui, max_, otto = (visit(who) for who in (desk.cast.rui, desk.cast.max, desk.cast.otto))
    assert rui.get(run).status_code == 404
    assert rui.get(f"{run}/progress").status_code == 404
    assert "No bulk action yet" in rui.get("/review/bulk").text
    for watcher in (max_, otto):
        assert watcher.get(run).status_code == 200
        assert ">Stop<" not in watcher.page.text
        assert run in watcher.get("/review/bulk").text


def test_a_worker_that_does_not_run_is_told(desk: Desk, rita: Visitor) -> None:
    number = desk.apply()
    rita.get(f"/review/bulk/new?action=approve&number={number}")
    run = started(rita, "Approve 1 request")
    assert "No worker is running" in words(rita)
    with desk.app.app_context():
        scheduling.record_run("heartbeat", scheduling.beat)
    rita.get(run)
    assert "No worker is running" not in words(rita)


def test_the_pages_cost_as_much_for_many_as_for_few(desk: Desk, rita: Visitor) -> None:
    costs: dict[str, list[int]] = {}
    for size in (2, 40):
        numbers = [desk.apply(amount="1.00") for _ in range(size)]
        asked = "&".join(f"number={number}" for number in numbers)
        rita.get(f"/review/bulk/new?action=approve&{asked}")
        run = started(rita, f"Approve {size} requests")
        for name, address in (("ask", f"/review/bulk/new?action=reject&{asked}"), ("runs", "/review/bulk"),
                              ("waits", run), ("moves", f"{run}/progress")):  # fmt: skip
            with statements(desk.app) as sent:
                rita.get(address)
            costs.setdefault(name, []).append(len(sent))
        work(desk)
        with statements(desk.app) as sent:
            rita.get(run)
        costs.setdefault("done", []).append(len(sent))
    assert all(few == many <= 8 for few, many in costs.values()), costs
    assert desk.count(BulkItem) == 42


def test_the_first_of_two_approvals_is_not_counted_as_an_approval(
    four_eyes: Desk, visit: Callable[..., Visitor]
) -> None:
    large, small = four_eyes.apply(amount="1000.00"), four_eyes.apply(four_eyes.cast.bo, amount="10.00")
    rita = visit(four_eyes.cast.rita)
    rita.get("/review")
    rita.submit({"number": [large, small]}, button="Approve")
    run = started(rita, "Approve 2 requests")
    work(four_eyes)
    rita.get(run)
    assert "First approval 1 ¥1,000.00" in words(rita)
    assert "Approved 1 ¥10.00" in words(rita)
