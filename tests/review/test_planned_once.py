"""SQLite plans a page's statements once and keeps them: to plan those of the desk takes longer than to run them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.review.desk import Desk
from tests.support.sql import planned
from tests.support.visitor import Visitor

PAGES = ("/review", "/review?view=issued", "/review?view=all&only=overdue", "/review/{number}", "/review/work")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.sqlite_only
def test_a_page_that_is_opened_again_plans_nothing(desk: Desk, visit: Callable[..., Visitor], path: str) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    with planned(desk.app) as made:
        rita.get(path.format(number=number))
        assert made, "what is planned is seen"
        made.clear()
        for _ in range(2):
            assert rita.get(path.format(number=number)).status_code == 200
    assert made == []


@pytest.mark.sqlite_only
def test_verdicts_between_pages_plan_nothing(desk: Desk, visit: Callable[..., Visitor]) -> None:
    numbers = [desk.apply() for _ in range(6)]
    rita = visit(desk.cast.rita)
    with planned(desk.app) as made:
        for number in numbers[:4]:
            made.clear()
            rita.get(f"/review/{number}")
            assert rita.submit({"remarks": ""}, button="Approve").status_code == 303
            rita.follow()
    assert made == []
