"""What is ticked in a list stays ticked, without scripts, on the way back from the page that asks once more."""

from __future__ import annotations

import re
from collections.abc import Callable

from backoffice.review import jobs
from backoffice.review.services import claims
from tests.review.desk import NOW, Desk
from tests.support.visitor import Visitor


def ticked(visitor: Visitor) -> list[str]:
    """The requests whose boxes are ticked."""
    return re.findall(r'name="number" value="([^"]+)"[^>]* checked>', visitor.page.text)


def cancelled(visitor: Visitor) -> str:
    """Where Cancel of the page leads to; it is opened."""
    (address,) = re.findall(r'href="([^"]+)"[^>]*data-keep-cancel', visitor.page.text)
    visitor.get(address.replace("&amp;", "&"))
    return visitor.path


def test_cancel_leads_back_to_the_ticks_on_that_page_of_the_list(desk: Desk, visit: Callable[..., Visitor]) -> None:
    rita = visit(desk.cast.rita)
    numbers = [desk.apply(amount=f"{turn + 1}.00") for turn in range(53)]
    rita.get("/review?customer=lumen&sort=amount")
    (later,) = set(re.findall(r'href="([^"]+after=[^"]+)"', rita.page.text))
    rita.get(later.replace("&amp;", "&"))
    rita.submit({"number": numbers[51:53]}, button="Reject")
    assert rita.submit({"remarks": "No reason"}, button="Reject 2 requests").status_code == 422
    back = cancelled(rita)
    assert "customer=lumen" in back
    assert "after=" in back
    assert (ticked(rita), f'value="{numbers[50]}"' in rita.page.text) == (numbers[51:53], True)
    rita.get("/review?customer=lumen")
    rita.submit({"all": "1"}, button="Approve")
    assert "number=" not in cancelled(rita)
    assert 'name="all" value="1"' in rita.page.text
    assert re.search(r'name="all" value="1"[^>]* checked>', rita.page.text)


def test_cancel_leads_back_to_what_was_ticked_among_the_results_of_a_run(
    desk: Desk, visit: Callable[..., Visitor]
) -> None:
    rita, (first, second) = visit(desk.cast.rita), (desk.apply(), desk.apply())
    rita.get("/review")
    rita.submit({"number": [first, second]}, button="Approve")
    for number in (first, second):
        desk.run(claims.claim, desk.cast.rui.actor, number, now=NOW)
    rita.submit({}, button="Approve 2 requests")
    rita.follow()
    run = rita.path
    with desk.app.app_context():
        jobs.work_off()
    rita.get(run)
    assert ticked(rita) == [first, second]
    rita.submit({"number": [second]}, button="Approve")
    assert cancelled(rita) == f"{run}?number={second}"
    assert ticked(rita) == [second]
