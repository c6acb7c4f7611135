"""Static files: kept for a year under the address of their version, asked about under any other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask, url_for

from backoffice.web.static_files import version_of
from tests.support.visitor import Visitor


def test_what_a_page_names_is_kept_whoever_asks(app: Flask, visitor: Visitor) -> None:
    page = visitor.get("/login").text
    named = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(named) > 5
    for address in named:
        answer = visitor.client.get(address, buffered=True)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Vary" not in answer.headers


@pytest.mark.parametrize("address", ["/static/css/base.css", "/static/v-000000000000/css/base.css"])
def test_other_versions_are_answered_and_not_kept(app: Flask, visitor: Visitor, address: str) -> None:
    answer = visitor.client.get(address, buffered=True)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


def test_modules_follow_the_version(app: Flask, visitor: Visitor) -> None:
    with app.test_request_context():
        main = url_for("static", filename="js/main.js")
    imported = re.findall(r'from "\./([^"]+)"', visitor.client.get(main, buffered=True).text)
    assert len(imported) > 5
    folder = main.rpartition("/")[0]
    assert all(visitor.client.get(f"{folder}/{name}", buffered=True).status_code == 200 for name in imported)


def test_what_is_not_there_is_not_found(app: Flask, visitor: Visitor) -> None:
    with app.test_request_context():
        missing = url_for("static", filename="css/missing.css")
    answer = visitor.client.get(missing)
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_a_changed_byte_or_name_is_another_version(tmp_path: Path) -> None:
    (tmp_path / "css").mkdir()
    sheet = tmp_path / "css" / "base.css"
    versions = []
    for text in ("a", "b"):
        sheet.write_text(text)
        versions.append(version_of(tmp_path))
    sheet.rename(sheet.with_name("other.css"))
    versions.append(version_of(tmp_path))
    assert len(set(versions)) == 3
