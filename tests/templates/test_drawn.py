"""Pieces of pages that are drawn once: what they say is the page's, the reader's and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, url_for
from flask_babel import force_locale, gettext

from backoffice.web import addresses, drawn
from tests.support.people import Cast
from tests.support.visitor import Visitor

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
BACK = re.compile(r'name="next" value="([^"]*)"')


@pytest.fixture
def page(interface: Flask) -> Iterator[Flask]:
    """The address of a page is being answered."""
    with interface.test_request_context("/somewhere?q=%22%3E%3Cb%3E"):
        yield interface


class Counted:
    """A macro that counts how often it is drawn."""

    def __init__(self, said: Callable[[str], str]) -> None:
        self.said = said
        self.times = 0

    def __call__(self, value: str = "") -> str:
        self.times += 1
        return self.said(value)


def test_a_piece_is_drawn_once_for_the_same_values(page: Flask) -> None:
    page.config[drawn.VERIFIED] = False
    piece = Counted(lambda value: f"<b>{value}</b>")
    assert [drawn.drawn(piece, value) for value in ("a", "b", "a", "a")] == ["<b>a</b>", "<b>b</b>", *["<b>a</b>"] * 2]
    assert piece.times == 2


def test_the_address_of_the_page_is_filled_in_and_escaped(page: Flask) -> None:
    piece = Counted(lambda _: f'<i title="{drawn.blank("address")}">')
    assert drawn.drawn(piece) == '<i title="/somewhere?q=%22%3E%3Cb%3E">'
    with page.test_request_context('/"><b>'):
        assert drawn.drawn(piece) == '<i title="/&#34;&gt;&lt;b&gt;">'


def test_a_piece_in_a_piece_leaves_its_blanks_to_that(page: Flask) -> None:
    inner = Counted(lambda value: f"{value}:{drawn.blank('address')}")
    outer = Counted(lambda value: f"<i>{drawn.drawn(inner, value)}</i>")
    for path, shown in (("/one", "/one"), ("/t<o", "/t&lt;o")):
        with page.test_request_context(path):
            assert [drawn.drawn(outer, "x"), drawn.drawn(inner, "x")] == [f"<i>x:{shown}</i>", f"x:{shown}"]


def test_another_language_is_another_piece(interface: Flask) -> None:
    piece = Counted(lambda _: gettext("Pending"))
    told = []
    for language in ("en", "zh", "en"):
        with interface.test_request_context("/"), force_locale(language):
            told.append(str(drawn.drawn(piece)))
    assert told == ["Pending", "待审核", "Pending"]


def test_what_depends_on_more_than_its_values_is_found_out(page: Flask) -> None:
    numbers = iter("12345")
    piece = Counted(lambda _: next(numbers))
    with pytest.raises(AssertionError, match="more than its values"):
        drawn.drawn(piece)


def test_every_browser_has_its_own_token_and_every_page_its_way_back(visit: Callable[..., Visitor], cast: Cast) -> None:
    rita, rui = visit(cast.rita), visit(cast.rui)
    told = [browser.get(path).text for browser in (rita, rui) for path in ("/review?view=mine", "/review/work")]
    tokens = [set(TOKEN.findall(page)) for page in told]
    assert all(len(one) == 1 for one in tokens)
    assert tokens[0].isdisjoint(tokens[2])
    assert [set(BACK.findall(page)) for page in told] == [{"/review?view=mine"}, {"/review/work"}] * 2
    assert [("Rita" in page, cast.rui.email in page) for page in told] == [(True, False)] * 2 + [(False, True)] * 2
    assert not any(mark in page for mark in drawn._MARKS.values() for page in told)


def test_an_address_is_built_as_ever(page: Flask) -> None:
    asked: tuple[tuple[str, dict[str, object]], ...] = (
        ("review.queue", {}), ("review.queue", {"view": "all", "q": ""}), ("review.queue", {"n": 1}),
        ("review.queue", {"n": True}), ("review.queue", {"_anchor": "x"}), ("review.queue", {"many": ["a", "b"]}),
        ("accounts.settings", {"_external": True}), ("static", {"filename": "css/a b.css"}),
    )  # fmt: skip
    for _ in range(2):
        assert [addresses.url_for(name, **values) for name, values in asked] == [
            url_for(name, **values)  # type: ignore[arg-type]
            for name, values in asked
        ]


def test_an_address_has_the_root_under_which_it_is_asked_for(interface: Flask) -> None:
    for root in ("/one", "/two"):
        with interface.test_request_context("/", base_url=f"http://here{root}"):
            assert addresses.url_for("review.queue") == f"{root}/review"
