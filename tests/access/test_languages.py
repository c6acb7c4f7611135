"""One language per page: in Chinese no English word is left, in English no Chinese sign; on every route as every role.

Left out is what people entered (names, remarks, addresses), codes and numbers, and whatever the page itself marks as
another language (`lang`) or as a document to be shown as it is (`translate="no"`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from lxml.html import HtmlElement, document_fromstring

from tests.access.atlas import NOT_OURS, NOT_PAGES, PERSONAL, REMOVED, Atlas
from tests.journeys.stage import LUMEN_HEADER, YUNQI_HEADER
from tests.support.people import ACCOUNTS, PEOPLE
from tests.support.visitor import Visitor

SPOKEN = ("aria-label", "title", "placeholder", "alt", "data-copied")
SILENT = {"script", "style", "code", "svg", "template"}
CODES = re.compile(
    r"[0-9a-f]{32}|[0-9A-Z]{15,}|Werkzeug/\S+|https?://\S+|[\w.+-]+@[\w.-]+|/[\w./~-]+|<[^>]+>|"
    r"VATEX-[0-9A-Z-]+|IR-\d{8}-\d{6}|(?:INV|CN)-\d{4}-\d+|(?:LUMEN|YUNQI)-\d+"
)
HEADERS = {LUMEN_HEADER["name"], YUNQI_HEADER["name"], PERSONAL["name"], REMOVED, "流明机器人（苏州）有限公司"}
ENTERED = HEADERS | {"别人", "支付宝", "流明", "税号与名称不符，请核对。", "采购单"}
NAMES = sorted(
    ENTERED | {name for _, name, *_ in PEOPLE} | {name for _, name in ACCOUNTS} | {code for code, _ in ACCOUNTS},
    key=len,
)
# Written in Latin letters in Chinese, too; and languages are offered by their own names.
ADOPTED = {"PDF", "PNG", "JPEG", "KB", "MB", "CNY", "HTML", "CSV", "XLSX", "UTF", "Excel", "English", "中文"}
ADOPTED |= {"XML", "OFD", "VATEX"}  # formats of electronic invoices, and their list of exemptions
ADOPTED |= {"Ctrl", "Enter"}  # printed on the keys themselves
ADOPTED |= {"holidays", "chinesecalendar"}  # the libraries by name that calendars come from; the page says which
CHINESE = re.compile(r"[\u3400-\u9fff，。；：？！、（）「」《》]+")
ENGLISH = re.compile(r"[A-Za-z]{2,}")


@pytest.mark.one_database
@pytest.mark.parametrize(("locale", "foreign"), [("zh", ENGLISH), ("en", CHINESE)], ids=["zh", "en"])
def test_no_word_of_the_other_language_and_no_two_columns_of_one_name(
    atlas: Atlas, visit: Callable[..., Visitor], locale: str, foreign: re.Pattern[str]
) -> None:
    offenders: dict[str, set[str]] = defaultdict(set)
    for who in (None, atlas.stage.cast.ada, atlas.stage.cast.rita, atlas.stage.cast.max, atlas.stage.cast.otto,
                atlas.stage.cast.ana):  # fmt: skip
        visitor = visit(who)
        visitor.client.set_cookie("locale", locale)
        for address in addresses(atlas):
            page = visitor.get(address)
            if page.mimetype == "text/html" and page.status_code // 100 != 3:
                for words in spoken(page.text):
                    if set(foreign.findall(without_data(words))) - ADOPTED:
                        offenders[words].add(address)
                for words in twins(page.text):
                    offenders[f"two columns {words}"].add(address)
    told = [f"{words!r} on {', '.join(sorted(pages)[:3])}" for words, pages in sorted(offenders.items())]
    assert not told, f"{len(told)} texts in the wrong language, or twice over a table:\n" + "\n".join(told)


def addresses(atlas: Atlas) -> Iterator[str]:
    """Every page, and one that does not exist."""
    for endpoint, address in atlas.walk(without=NOT_PAGES | NOT_OURS):
        # A caught mail is written in its recipient's language; the list of components shows made-up data.
        if endpoint not in {"delivery.mail", "delivery.mails", "dev_components.show"}:
            yield address
    yield "/no-such-page"


@cache  # navigation, menus and dialogs say the same on each page
def without_data(words: str) -> str:
    """A text without codes and without what people entered."""
    words = CODES.sub(" ", words)
    for name in reversed(NAMES):
        words = words.replace(name, " ")
    return words


def twins(html: str) -> set[str]:
    """Names that two columns of one table have in common."""
    found = set()
    for head in re.findall(r"<thead>(.*?)</thead>", html, flags=re.S):
        names = [
            re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<th\b[^>]*>(.*?)</th>", head, flags=re.S)
        ]
        found |= {name for name in names if name and names.count(name) > 1}
    return found


def spoken(html: str) -> list[str]:
    """What a page says, to eyes and to screen readers, in its own language."""
    return [joined for words in _said(document_fromstring(html), quiet=False) if (joined := " ".join(words.split()))]


def _said(element: HtmlElement, *, quiet: bool) -> Iterator[str]:
    """Texts, and the attributes that are read out, outside of parts in another language."""
    given = element.attrib
    quiet = (
        quiet or element.tag in SILENT or given.get("translate") == "no" or ("lang" in given and element.tag != "html")
    )
    if not quiet:
        yield from (given[name] for name in SPOKEN if name in given)
        yield element.text or ""
    for part in element:
        if isinstance(part.tag, str):  # neither a comment nor an instruction
            yield from _said(part, quiet=quiet)
        if not quiet:
            yield part.tail or ""


def test_a_name_that_stands_over_two_columns_is_found() -> None:
    head = '<table><thead><tr><th scope="col">{}</th><th><a href="x">事项</a></th></tr></thead></table>'
    assert twins(head.format("事项") + head.format("对象")) == {"事项"}


def test_the_reader_hears_what_a_page_says() -> None:
    page = """<html lang="zh"><p title="Hint">中文 <b>Bold</b></p><button lang="en">English</button>
    <img alt="A picture"><div translate="no"><p>Invoice</p></div><script>let code</script></html>"""
    assert spoken(page) == ["Hint", "中文", "Bold", "A picture"]
    assert without_data("Ada Lin · ada@lumen.example · IR-20261123-000001 · 91310000MA1FL0A277").split() == ["·"] * 3
