"""The pictures of the guides: shown, small, in the language of their page."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.reading import DOCS, GUIDES, named, pages, text_of

PICTURES = DOCS / "pictures"
LARGEST_PICTURE = 100_000  # bytes


def shown_pictures() -> list[tuple[Path, str, Path]]:
    """(page, alternative text, file) of every picture on a page."""
    return [
        (page, words, (page.parent / target).resolve())
        for page in pages()
        for words, target in re.findall(r"!\[([^]]*)\]\(([^)\s]+)\)", text_of(page))
    ]


def test_every_picture_is_shown_and_small() -> None:
    kept = set(PICTURES.rglob("*.png"))
    assert {file for _, _, file in shown_pictures()} == kept
    assert {named(file) for file in kept if file.stat().st_size > LARGEST_PICTURE} == set()


def test_pictures_and_their_words_are_in_the_language_of_the_page() -> None:
    foreign = []
    for page, words, file in shown_pictures():
        chinese = page.name.endswith(".zh.md")
        in_chinese = re.search(r"[\u4e00-\u9fff]", words) is not None
        folder = file.parent.name if file.parent != PICTURES else "en"
        if len(words) < 8 or in_chinese != chinese or folder != ("zh" if chinese else "en"):
            foreign.append((named(page), words, named(file)))
    assert foreign == []


def test_both_languages_show_the_same_pictures_in_the_same_order() -> None:
    for guide in (path for path in GUIDES if not path.name.endswith(".zh.md")):
        shown = [
            [file.name for page, _, file in shown_pictures() if page == each]
            for each in (guide, guide.with_suffix(".zh.md"))
        ]
        assert shown[0] == shown[1], guide.name
