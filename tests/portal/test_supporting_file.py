"""The supporting file through the steps of an application, without JavaScript, and its way back out."""

from __future__ import annotations

import io
import re
from urllib.parse import unquote

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from backoffice.portal.forms import ACCEPTED
from backoffice.requests.file_types import EXTENSIONS
from tests.portal.conftest import APPLY, Customer, World, text
from tests.support import files

LARGEST = 10 * 1024 * 1024


def choose(
    browser: Customer, content: bytes, name: str = "order.pdf", button: str = "review", **typed: str
) -> TestResponse:
    """Choose a file on the present page, as a browser sends it, and press a button."""
    upload = FileStorage(io.BytesIO(content), name)
    # Encoded here: the test client would leave the temporary file of a large body open.
    boundary, body = encode_multipart({**browser.typed(), **typed, "action": button, "support_file": upload})
    kind = f"multipart/form-data; boundary={boundary}"
    sent = browser.client.post(f"{APPLY}/{browser.key}", data=body, content_type=kind)
    browser._arrive(sent)
    return browser.step()


def enclosed(browser: Customer, content: bytes, name: str = "order.pdf") -> str:
    """Apply with a file; returns the request's number."""
    browser.get(APPLY)
    choose(browser, content, name, amount="5")
    assert browser.is_at_review
    return str(browser.press("submit").headers["Location"].rpartition("/")[2])


def test_the_file_survives_the_review_step(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    assert "order.pdf" in text(choose(ada, files.pdf(), amount="5"))
    ada.press("edit")
    assert "order.pdf" in text(ada.page)
    ada.press("review")
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    made = world.request(number)
    assert (made.support_name, made.support_type, made.support_size) == (
        "order.pdf", "application/pdf", len(files.pdf()),
    )  # fmt: skip
    assert "order.pdf" in text(ada.follow())


def test_a_mistake_elsewhere_does_not_ask_for_the_file_again(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    choose(ada, files.picture("PNG"), "photo.png", amount="x")
    assert ada.is_refused
    assert "photo.png" in text(ada.page)
    ada.press("all")
    assert "photo.png" in text(ada.page)
    ada.press("review", amount="5")
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    assert world.request(number).support_type == "image/png"


def test_a_file_can_be_replaced_and_removed(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    choose(ada, files.pdf(), "first.pdf", amount="x")
    choose(ada, files.picture("JPEG"), "second.jpeg")
    assert "second.jpg" in text(ada.page)
    assert "first.pdf" not in text(ada.page)
    ada.press("remove-file", amount="5")
    assert "second.jpg" not in text(ada.page)
    assert ada.typed()["amount"] == "5"
    ada.press("review")
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    assert world.request(number).support_sha256 is None
    assert ada.get(f"/invoices/{number}/supporting-file").status_code == 404


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This file is empty"),
        (b"<html>", "not a complete PDF, PNG or JPEG"),
        (files.picture("GIF"), "not a complete PDF, PNG or JPEG"),
        (files.pdf() + b"\n" * LARGEST, "larger than 10 MB"),
    ],
    ids=["empty", "html", "gif", "large"],
)
def test_a_wrong_file_is_explained_beside_the_field_with_what_else_is_wrong(
    ada: Customer, world: World, content: bytes, words: str
) -> None:
    ada.get(APPLY)
    answer = choose(ada, content, amount="0", remarks="kept")
    assert ada.is_refused
    assert words in text(answer).partition('id="support_file-error"')[2].partition("</p>")[0]
    assert "greater than zero" in text(answer).partition('id="amount-error"')[2].partition("</p>")[0]
    assert ada.typed()["remarks"] == "kept"
    assert "kept-file" not in text(answer)
    assert world.count() == 0


def test_a_good_file_stays_when_its_successor_is_refused(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    choose(ada, files.pdf(), "good.pdf", amount="5")
    ada.press("edit")
    choose(ada, b"no", "bad.pdf")
    assert ada.is_refused
    assert "good.pdf" in text(ada.page)
    ada.press("without-file")
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    assert world.request(number).support_name == "good.pdf"


def test_a_refused_file_is_not_passed_over_in_silence(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    choose(ada, b"no", "bad.pdf", amount="5")
    # Sent once more without a file, as a browser does that forgot it: asked again, whatever way is tried.
    for button in ("review", "all", "review"):
        ada.press(button)
        assert "not a complete PDF" in text(ada.page).partition('id="support_file-error"')[2].partition("</p>")[0]
    key = ada.key
    assert ada.get(f"{APPLY}/{key}/review").status_code == 303
    assert world.count() == 0
    ada.step()
    choose(ada, files.pdf(), "good.pdf", amount="5")
    assert ada.is_at_review
    assert "good.pdf" in text(ada.page)


def test_going_on_without_the_file_is_somebodys_word(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    choose(ada, b"", "empty.pdf", amount="5")
    ada.press("Continue without this file")
    assert ada.is_at_review
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    assert world.request(number).support_sha256 is None


def test_fifty_megabytes_are_refused_beside_the_field_and_everything_typed_is_kept(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    answer = choose(ada, b"%PDF-1.7" + b"\x00" * 50_000_000, amount="5", remarks="PO 4500", copies="cw@lumen.example")
    assert ada.is_refused
    assert "larger than 10 MB" in text(answer).partition('id="support_file-error"')[2].partition("</p>")[0]
    typed = ada.typed()
    assert (typed["amount"], typed["remarks"], typed["copies"]) == ("5", "PO 4500", "cw@lumen.example")
    assert world.count() == 0


def test_whoever_may_not_apply_sends_no_more_than_elsewhere(world: World) -> None:
    """Told by the length alone: nothing of the body is read, nothing of it is looked at."""
    stranger, rita = world.customer("ada"), world.customer("rita")
    stranger.client.delete_cookie("session")
    ada = world.customer("ada")
    for browser, status in ((stranger, 413), (rita, 403), (ada, 400)):
        body = Unread(b"")
        answer = browser.client.post(
            f"{APPLY}/{'x' * 32}",
            input_stream=body,
            content_type="multipart/form-data; boundary=x",
            environ_overrides={"CONTENT_LENGTH": "13000000"},
        )
        assert answer.status_code == status
        # Ada's is read, lacks the token, and is refused for that.
        assert body.asked == (browser is ada)


class Unread(io.BytesIO):
    """A body that knows whether anybody asked for it."""

    asked = False

    def read(self, *arguments: int | None) -> bytes:
        self.asked = True
        return super().read(*arguments)

    def readinto(self, buffer: object) -> int:
        self.asked = True
        return super().readinto(buffer)  # type: ignore[arg-type]


def test_what_is_larger_than_we_read_is_refused_in_plain_words(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    answer = choose(ada, b"%PDF-1.7" + b"\x00" * 68_000_000, amount="5")
    assert answer.status_code == 413
    for words in ("a supporting file has at most 10 MB", "Go back in your browser", "Nothing was saved"):
        assert words in text(answer)
    assert world.count() == 0
    ada.review(amount="5")
    assert ada.is_at_review


def test_it_leaves_as_a_download_of_its_checked_type_and_only_to_who_may(
    ada: Customer, bo: Customer, world: World
) -> None:
    number = enclosed(ada, files.pdf(), "采购单 4501.html")
    rita = world.customer("rita")
    for browser, path in (
        (ada, f"/invoices/{number}/supporting-file"),
        (world.customer("lin"), f"/invoices/{number}/supporting-file"),
        (rita, f"/review/{number}/supporting-file"),
    ):
        answer = browser.get(path)
        assert answer.data == files.pdf()
        assert answer.mimetype == "application/pdf"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        disposition = answer.headers["Content-Disposition"]
        assert disposition.startswith("attachment; ")
        assert unquote(disposition.partition("''")[2]) == "采购单 4501.pdf"
    assert f"/review/{number}/supporting-file" in text(rita.get(f"/review/{number}"))
    assert bo.get(f"/invoices/{number}/supporting-file").status_code == 404
    assert bo.get(f"/review/{number}/supporting-file").status_code == 403
    assert rita.get(f"/invoices/{number}/supporting-file").status_code == 403


def test_a_resubmission_carries_the_file_over(ada: Customer, world: World) -> None:
    number = enclosed(ada, files.pdf())
    world.reject(number)
    assert "order.pdf" in text(ada.get(f"{APPLY}?resubmit={number}"))
    ada.press("review")
    again = ada.press("submit").headers["Location"].rpartition("/")[2]
    assert world.request(again).support_sha256 == world.request(number).support_sha256


def test_the_way_to_a_new_header_keeps_the_file(bo: Customer) -> None:
    bo.get(APPLY)
    form = bo.path
    assert choose(bo, files.pdf(), button="new-header", amount="5").status_code == 303
    bo.get(form)
    assert "order.pdf" in text(bo.page)


def test_the_page_offers_what_the_check_takes() -> None:
    assert set(ACCEPTED.split(",")) == set(EXTENSIONS)


def test_nobody_fills_the_store_by_choosing_files(ada: Customer, bo: Customer) -> None:
    ada.get(APPLY)
    answers = [choose(ada, files.pdf(), button="edit") for _ in range(61)]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429]
    assert re.search(r"Try again in (59|60) minutes", answers[-1].text)
    assert int(answers[-1].headers["Retry-After"]) > 3400
    # A form without a new file, and another person, are not held up.
    ada.get(APPLY)
    ada.press("review", amount="5")
    assert ada.is_at_review
    bo.get(APPLY)
    assert choose(bo, files.pdf(), button="edit").status_code == 200
