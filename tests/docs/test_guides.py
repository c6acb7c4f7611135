"""The guides speak the words of the pages, in both languages, and their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from werkzeug.exceptions import HTTPException

from tests.docs.reading import DOCS, GUIDES, ROOT, named, pages, tables, text_of
from tests.support.apps import test_settings, whole_app


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The whole application, to ask which addresses it knows."""
    folder = tmp_path_factory.mktemp("docs")
    return whole_app(test_settings(folder, f"sqlite:///{folder / 'unused.sqlite'}"))


def test_every_address_that_is_named_leads_somewhere(site: Flask) -> None:
    addresses = site.url_map.bind("localhost")
    lost = []
    for page in pages():
        for path in re.findall(r"`(/[a-z][a-z/-]*)`", text_of(page)):
            try:
                addresses.match(path)
            except HTTPException:
                lost.append((named(page), path))
    assert lost == []


def words_of_the_pages() -> tuple[set[str], set[str]]:
    """Every sentence the pages may show, in English and in Chinese."""
    with (ROOT / "backoffice/translations/zh/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = [message for message in read_po(file) if message.id and isinstance(message.id, str)]
    return {str(message.id) for message in catalogue}, {str(message.string) for message in catalogue}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_words_in_bold_stand_on_the_pages(guide: Path) -> None:
    english, chinese = words_of_the_pages()
    known = chinese if guide.name.endswith(".zh.md") else english
    bold = [" ".join(words.split()) for words in re.findall(r"\*\*(.+?)\*\*", text_of(guide), re.DOTALL)]
    assert len(bold) > 3
    explained = {"bold", "加粗"}
    assert {words for words in bold if words not in known} - explained == set()


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_bold_is_drawn_bold(guide: Path) -> None:
    """CommonMark, 6.2: beside a letter, bold neither begins nor ends with punctuation; Chinese has no spaces there."""
    text = text_of(guide)
    undrawn = []
    for found in re.finditer(r"\*\*(.+?)\*\*", text, re.DOTALL):
        words, before, after = found[1], text[: found.start()][-1:], text[found.end() :][:1]
        if (not words[-1].isalnum() and after.isalnum()) or (not words[0].isalnum() and before.isalnum()):
            undrawn.append(words)
    assert undrawn == []


def test_both_languages_say_the_same_things() -> None:
    english = [path for path in GUIDES if not path.name.endswith(".zh.md")]
    assert len(GUIDES) == 2 * len(english) >= 10
    for guide in english:
        other = guide.with_suffix(".zh.md")
        shapes = [
            (
                [line.split()[0] for line in text_of(page).splitlines() if line.startswith("#")],
                [len(rows) for rows in tables(page)],
            )
            for page in (guide, other)
        ]
        assert shapes[0] == shapes[1], guide.name


def anchors(path: Path) -> set[str]:
    """The anchors that headings of a page make."""
    heads = re.findall(r"^#+ (.+)$", text_of(path), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_link_leads_somewhere() -> None:
    broken = []
    for page in pages():
        prose = re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            if target.startswith(("http://", "https://", "mailto:")):
                continue
            name, _, anchor = target.partition("#")
            file = (page.parent / name).resolve() if name else page
            if not file.exists() or (anchor and anchor not in anchors(file)):
                broken.append((named(page), target))
    assert broken == []


def test_every_file_that_is_named_exists() -> None:
    lost = []
    for page in pages():
        for path in re.findall(
            r"`((?:backoffice|tests|docs|templates|scripts|bench|requirements)/[\w./-]+)", text_of(page)
        ):
            file = ROOT / path.split("::")[0].rstrip(".")
            if not file.exists():
                lost.append((named(page), path))
    assert lost == []


def test_the_customers_guide_names_the_controls_of_the_pages() -> None:
    """What a customer can press or fill in on the pages the guide explains is in the guide, in both languages."""
    for guide, place in ((DOCS / "guide" / "customer.md", 0), (DOCS / "guide" / "customer.zh.md", 1)):
        told = set(re.findall(r"\*\*(.+?)\*\*", " ".join(text_of(guide).split())))
        missing = {pair[place] for pair in controls_of_the_customer()} - told
        assert missing == set(), guide.name


def controls_of_the_customer() -> set[tuple[str, str]]:
    """The words of buttons and links on the customer's pages, in English and Chinese."""
    with (ROOT / "backoffice/translations/zh/LC_MESSAGES/messages.po").open("rb") as file:
        chinese = {str(message.id): str(message.string) for message in read_po(file) if message.id}
    found = set()
    for folder in ("portal", "headers"):
        for template in (ROOT / "templates" / folder).rglob("*.html"):
            text = template.read_text(encoding="utf-8")
            found |= set(re.findall(r"(?:post_button|dialog_link|[( ]button)\(_\('([^'%]+)'\)", text))
            found |= set(re.findall(r"<summary>.*?_\('([^'%]+)'\)", text))
    return {(words, chinese[words]) for words in found - OBVIOUS}


# Buttons that need no explanation beside the step they end.
OBVIOUS = {"Save", "Save and go on", "Keep the request", "Keep the header", "Create a header", "Remove the file"}
