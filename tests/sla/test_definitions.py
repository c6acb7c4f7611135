"""Whoever points at a word of the managers' pages is told what it counts, by mouse, by key and by touch."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from tests.review.desk import Desk
from tests.sla.test_coming import year
from tests.sla.test_dashboard import fold, history
from tests.support.visitor import Visitor

pytestmark = pytest.mark.one_database

# The request's own data, as on the desk: the table of what ends next counts nothing.
OF_THE_DESK = "requests"


def parsed(page: str) -> Any:
    """The content of a page as a tree, without the shell around it."""
    return etree.HTML(page).find(".//main")


def words(tree: Any) -> list[Any]:
    """Every heading, every head of a column of figures, every tile's name."""
    tables = [each for each in tree.iter("table") if OF_THE_DESK not in (each.get("class") or "").split()]
    heads = [each for table in tables for each in table.iter("th") if each.get("scope") == "col"]
    titles = [each for each in tree.iter() if each.tag in ("h2", "h3")]
    tiles = [each for each in tree.iter("p") if each.get("class") == "figure-label"]
    return [*heads, *titles, *tiles]


def faults(tree: Any) -> list[str]:
    """Words that nothing explains, or whose explanation is not the one of the list."""
    opened = {
        each.get("id"): "".join(each.itertext()).strip() for each in tree.iter("div") if each.get("popover") is not None
    }
    listed = {"".join(each.find("dt").itertext()) + "".join(each.find("dd").itertext())
              for each in tree.iter("div") if each.get("class") == "fact"}  # fmt: skip
    wrong = []
    for word in words(tree):
        said = " ".join("".join(word.itertext()).split())
        button = next((each for each in word.iter("button") if each.get("popovertarget")), None)
        if button is None:
            wrong.append(f"{said}: no definition")
            continue
        told, title = opened.get(button.get("popovertarget", ""), ""), button.get("title", "")
        name = "".join(button.itertext()).strip() or button.get("aria-label", "")
        if len(title) < 10 or not told.endswith(title) or told not in listed or not name:
            wrong.append(f"{said}: {title!r} is not {told!r}, or not in the list")
    return wrong


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("address", ["/sla?period=12w", "/sla", "/sla/forecast"])
def test_each_word_of_a_figure_opens_its_definition(
    desk: Desk, visit: Callable[..., Visitor], address: str, language: str
) -> None:
    history(desk, kept=5, broken=2)
    for _ in range(30):
        desk.apply(amount="11.00", days_ago=4)
    fold(desk)
    year(desk)
    manager = visit(desk.cast.max)
    page = manager.get("/sla").text
    if language == "zh":
        manager.submit(button="中文")
    page = manager.get(address).text
    tree = parsed(page)
    assert len(words(tree)) >= (60 if address.startswith("/sla?") else 18)
    assert faults(tree) == []


def test_the_checker_sees_a_word_without_a_definition() -> None:
    button = '<button popovertarget="means-a" title="What is counted.">A</button>'
    told = '<div id="means-a" popover=""><p>A</p><p>What is counted.</p></div>'
    fact = '<div class="fact"><dt>A</dt><dd>What is counted.</dd></div>'
    tree = "<main><table><tr><th scope='col'>{}</th></tr></table>{}</main>"
    assert faults(parsed(tree.format(button, told + fact))) == []
    for head, below in (
        ("A", told + fact),
        (button, told),
        (button, fact),
        (button.replace("What", "Who"), told + fact),
    ):
        assert len(faults(parsed(tree.format(head, below)))) == 1


def test_how_many_are_due_is_no_date_in_chinese(desk: Desk, visit: Callable[..., Visitor]) -> None:
    history(desk, kept=5, broken=2)
    manager = visit(desk.cast.max)
    manager.get("/sla")
    manager.submit(button="中文")
    page = manager.get("/sla?period=12w").text
    assert page.count('popovertarget="means-due-in-period"') == 4, "by week, by reviewer, by type, by amount"
    named = set(re.findall(r'popovertarget="means-due-in-period"[^>]*>([^<]*)<', page))
    assert named == {"应到期件数"}
