"""Each step of an application has an address of its own, and stands in a draft that belongs to its writer alone."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from backoffice import storage
from backoffice.database import session, transaction
from backoffice.headers import services as headers
from backoffice.headers.queries import headers_of as usable
from backoffice.portal import jobs, services
from backoffice.portal.models import ApplicationDraft, SupportingUpload
from backoffice.portal.queries import drafts as queries
from backoffice.portal.queries.drafts import Writer
from backoffice.portal.services import LIFE, UPLOAD_LIFE, Content
from backoffice.requests.services import changes, supporting
from tests.portal.conftest import APPLY, HEADER, NOW, Customer, World, text
from tests.portal.test_supporting_file import choose
from tests.portal.written import TYPED, Freeze, keys, tidy, two_applications
from tests.support import files


def test_every_button_answers_with_the_way_to_an_address(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    key = ada.key
    ends = {"all": "", "remove-file": "", "edit": "", "review": "/review", "": "/review"}
    ada.press("all")
    for button, end in ends.items():
        answer = ada.client.post(f"{APPLY}/{key}", data={**ada.typed(), "amount": "5", "action": button})
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{APPLY}/{key}{end}"), button
        ada.get(f"{APPLY}/{key}")
    answer = ada.client.post(f"{APPLY}/{key}", data={**ada.typed(), "amount": "x", "action": "review"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{APPLY}/{key}?check=1")
    ada.get(f"{APPLY}/{key}/review")
    assert ada.page.headers["Location"] == f"{APPLY}/{key}?check=1"
    assert world.count() == 0


def test_back_finds_what_was_typed_and_a_reload_says_the_same(ada: Customer) -> None:
    ada.review(amount="x", remarks="Order")
    assert ada.is_refused
    assert text(ada.get(ada.path)).count("In figures") == text(ada.page).count("In figures")
    assert 'id="amount-error"' in text(ada.page)
    # Back to the form as it was opened, without a complaint; further on from there it is the same draft.
    key = ada.key
    page = text(ada.get(f"{APPLY}/{key}"))
    assert (ada.typed()["amount"], ada.typed()["remarks"]) == ("x", "Order")
    assert 'id="amount-error"' not in page
    ada.press("review", amount="5")
    assert ada.path == f"{APPLY}/{key}/review"


def test_back_from_the_request_tells_what_became_of_the_review(ada: Customer, world: World) -> None:
    ada.review(amount="10000")
    review = ada.path
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    page = text(ada.get(review))
    assert f"This application was submitted as {number}." in page
    assert f'href="/invoices/{number}"' in page
    assert 'value="submit"' not in page
    # The form behind it says so too, and the next application begins anew.
    assert f"This form has made {number}." in text(ada.get(review.removesuffix("/review")))
    ada.get(APPLY)
    assert ada.typed()["amount"] == ""
    assert world.count() == 1


def test_a_draft_is_its_writers_alone(ada: Customer, bo: Customer, world: World) -> None:
    ada.review(amount="5")
    key = ada.path.split("/")[-2]
    for other in (bo, world.customer("lin")):
        other.get(APPLY)
        token = {"csrf_token": other.typed()["csrf_token"]}
        assert other.typed()["amount"] == ""
        for path in (
            f"{APPLY}/{key}",
            f"{APPLY}/{key}/review",
            f"{APPLY}/no_key",
            f"{APPLY}/{'x' * 3000}",
            f"{APPLY}/%00",
        ):
            other.get(path)
            assert (other.page.status_code, other.page.headers["Location"]) == (303, APPLY), path
            assert "not here any more, or it is somebody else's" in text(other.get(APPLY))
        for name in (key, "no_key", "x" * 3000, "%00"):
            for sent in ({"amount": "7"}, {"action": "cancel", "amount": "7"}):
                assert other.client.post(f"{APPLY}/{name}", data={**token, **sent}).status_code == 404, name
        sent = {**token, "action": "submit"}
        for verb in ("discard", "restore", "review"):
            assert other.client.post(f"{APPLY}/{key}/{verb}", data=sent).headers["Location"] == APPLY, verb
    assert "¥5.00" in text(ada.get(f"{APPLY}/{key}/review"))
    assert ada.press("submit").status_code == 303


def test_unfinished_applications_are_offered_by_what_they_say(ada: Customer, world: World) -> None:
    assert "unfinished application" not in text(ada.get(APPLY))
    older, newer = two_applications(ada)
    page = text(ada.get(APPLY))
    assert "2 unfinished applications" in page
    assert page.index("Newer") < page.index("Older")
    for key, remarks in ((older, "Older"), (newer, "Newer")):
        assert f'href="{APPLY}/{key}"' in page
        assert remarks in page
    # One's own is not among the others, nor is what was submitted, nor what is a colleague's.
    assert f'href="{APPLY}/{older}"' not in text(ada.get(f"{APPLY}/{older}"))
    assert "1 unfinished application" in text(ada.page)
    ada.press("review", amount="5")
    ada.press("submit")
    assert f'href="{APPLY}/{older}"' not in text(ada.get(APPLY))
    assert "unfinished application" not in text(world.customer("lin").get(APPLY))


def test_a_list_that_would_push_the_form_away_is_shut_and_says_little_of_each(ada: Customer) -> None:
    for number in range(3):
        ada.get(APPLY)
        ada.press("all", amount="9" * 500, remarks=f"{number} " + "order " * 80)
        page = text(ada.get(APPLY))
        assert ('<details class="disclosure" open>' in page) == (number < 2)
    assert "9" * 40 not in page
    assert "2 order order order order order order o…" in page


def test_what_is_not_here_any_more_says_so(ada: Customer, world: World, freeze: Freeze) -> None:
    ada.review(amount="5")
    review, where = ada.page, ada.path
    tidy(world, NOW + LIFE + timedelta(minutes=1), freeze)
    for path in (where, where.removesuffix("/review")):
        ada.get(path)
        assert ada.page.headers["Location"] == APPLY
        assert "This application is not here any more" in text(ada.get(APPLY))
    ada.page, ada.path = review, where
    ada.submit(button="submit")
    assert ada.page.headers["Location"] == APPLY
    assert world.count() == 0


def test_a_header_is_chosen_once_and_not_over_a_later_choice(ada: Customer, world: World) -> None:
    world.act(headers.create, world.cast.ada.actor, {"kind": "personal", "name": "王小明"})
    with world.app.app_context():
        other = str(max(header.id for header in usable(world.cast.lumen)))
    ada.get(APPLY)
    ada.press("all")
    ada.get(f"{APPLY}/{ada.key}?header={other}")
    back = ada.page.headers["Location"]
    ada.get(back)
    assert ada.typed()["header_id"] == other
    # A reload chooses it still; a choice of one's own since then stands.
    ada.press("all", header_id=str(world.header_id), remarks="Order")
    ada.get(back)
    assert ada.typed()["header_id"] == str(world.header_id)


def test_the_first_header_is_chosen_where_an_application_was_begun_without_any(bo: Customer, world: World) -> None:
    bo.get(APPLY)
    bo.press("all", remarks="Order")
    bo.get(f"{APPLY}/{bo.key}")
    assert "Choose…" not in text(bo.page)
    world.act(headers.create, world.cast.bo.actor, HEADER | {"email": "tax@yunqi.example", "remarks": "Not this"})
    bo.get(f"{APPLY}/{bo.key}")
    assert "Choose…" not in text(bo.page)
    with world.app.app_context():
        made = usable(world.cast.bo.account_id)[0].id
    typed = bo.typed()
    assert (typed["header_id"], typed["email"], typed["remarks"]) == (str(made), "tax@yunqi.example", "Order")
    bo.press("review")
    assert bo.is_at_review


def test_one_that_was_removed_is_not_replaced_in_silence(ada: Customer, world: World) -> None:
    world.act(headers.create, world.cast.ada.actor, HEADER | {"name": "Second", "tax_id": "91110000MA00000152"})
    ada.review(amount="5")
    world.act(headers.archive, world.cast.lin.actor, world.header_id)
    ada.get(f"{APPLY}/{ada.key}")
    assert ada.typed()["header_id"] == ""
    ada.press("all")
    assert ada.typed()["header_id"] == ""


def test_an_amount_of_the_address_begins_an_application_of_its_own(ada: Customer) -> None:
    ada.review(amount="5", remarks="Order")
    ada.get(f"{APPLY}?amount=12.50")
    assert (ada.typed()["amount"], ada.typed()["remarks"]) == ("12.50", "")


def test_the_way_to_a_header_leads_back_to_the_application_it_left(ada: Customer) -> None:
    older, newer = two_applications(ada)
    for key, remarks in ((older, "Older"), (newer, "Newer"), (older, "Older")):
        ada.get(f"{APPLY}/{key}")
        ada.press("new-header")
        page = text(ada.follow())
        assert f'href="{APPLY}/{key}"' in page
        ada.get(f"{APPLY}/{key}")
        assert ada.typed()["remarks"].strip() == remarks


def test_each_resubmission_has_a_draft_of_its_own(ada: Customer, world: World) -> None:
    former = ada.apply(amount="5", remarks="Former")
    world.reject(former)
    ada.review(amount="7", remarks="Plain")
    ada.get(f"{APPLY}?resubmit={former}")
    ada.press("all", remarks="Mended")
    key = ada.key
    # It is resubmitted once, so the button leads to the one that was begun; a plain application is another matter.
    ada.get(f"{APPLY}?resubmit={former}")
    assert (ada.key, ada.typed()["remarks"], ada.typed()["resubmit"]) == (key, "Mended", former)
    ada.get(APPLY)
    assert (ada.typed()["remarks"], ada.typed()["resubmit"]) == ("", "")


def test_the_file_of_a_rejected_request_can_be_left_out_at_once(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    choose(ada, files.pdf(), amount="5")
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    world.reject(number)
    ada.get(f"{APPLY}?resubmit={number}")
    ada.press("remove-file")
    assert "order.pdf" not in text(ada.page)
    ada.press("review")
    assert world.request(ada.press("submit").headers["Location"].rpartition("/")[2]).support_sha256 is None


def test_a_file_whose_draft_is_gone_is_asked_for(ada: Customer, world: World, freeze: Freeze) -> None:
    """A page that was open for longer than a draft lives."""
    ada.get(APPLY)
    choose(ada, files.pdf(), amount="x")
    tidy(world, NOW + LIFE + timedelta(minutes=1), freeze)
    ada.press("review", amount="5")
    assert ada.is_refused
    assert "not here any more" in text(ada.page).partition('id="support_file-error"')[2].partition("</p>")[0]
    ada.press("without-file")
    assert ada.is_at_review


def test_a_withdrawn_request_does_not_end_the_wish(ada: Customer, world: World) -> None:
    form, where = ada.get(APPLY), ada.path
    ada.press("review", amount="5")
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    world.act(changes.withdraw, world.cast.ada.actor, number)
    ada.page, ada.path = form, where
    assert f"You have already submitted {number}" in text(ada.press("review", amount="5"))
    assert ada.press("submit").status_code == 303
    assert world.count() == 2


def test_much_more_text_than_a_draft_holds_is_shown_by_the_answer_itself(ada: Customer) -> None:
    ada.get(APPLY)
    answer = ada.press("review", amount="5", remarks="字" * 60_000)
    assert answer.status_code == 422
    assert ada.typed()["remarks"] == "字" * 60_000
    # What a reload finds says what is missing.
    ada.get(f"{APPLY}/{ada.key}")
    assert "too long to be kept" in text(ada.page)
    assert (ada.typed()["amount"], ada.typed()["remarks"]) == ("5", "")


def test_the_database_refuses_what_does_not_fit(world: World) -> None:
    writer = Writer(world.cast.lumen, world.cast.ada.id)
    largest = {**TYPED, "remarks": "x" * (services.LARGEST - len(json.dumps(TYPED)))}
    assert Content(largest).fits
    assert not Content({**largest, "amount": "55"}).fits
    world.act(services.keep, writer, "k" * 32, Content(largest), since="")
    with pytest.raises(IntegrityError):
        world.act(services.keep, writer, "l" * 32, Content({**largest, "amount": "55"}), since="")


def full(world: World, freeze: Freeze) -> Writer:
    """Ada has as many unfinished applications as there can be, "Order 0" the oldest; Lin has one."""
    writer = Writer(world.cast.lumen, world.cast.ada.id)
    world.act(services.keep, Writer(world.cast.lumen, world.cast.lin.id), "lins" * 8, Content(TYPED), since="")
    for number in range(services.MOST_DRAFTS):
        freeze(NOW + timedelta(seconds=number))
        typed = Content(TYPED | {"remarks": f"Order {number}"})
        world.act(services.keep, writer, f"{number:032}", typed, since="")
    freeze(NOW + timedelta(minutes=5))
    return writer


def open_ones(world: World, writer: Writer) -> list[str]:
    """The keys of a person's unfinished applications, the last written first."""
    with world.app.app_context():
        return [draft.key for draft in queries.unfinished(writer)]


def test_the_oldest_gives_way_to_one_too_many_and_that_is_told_before_and_after(world: World, freeze: Freeze) -> None:
    writer = full(world, freeze)
    ada = world.customer("ada")
    page = text(ada.get(APPLY))
    warned = page.partition("There are 100 unfinished applications")[2].partition("</div>")[0]
    assert "the oldest is thrown away" in warned
    assert "Order 0<" in warned
    ada.press("all", remarks="One too many")
    assert "so the oldest was thrown away: 5 · Order 0" in text(ada.page)
    assert "There are 100 unfinished applications" not in text(ada.page)
    there = open_ones(world, writer)
    assert (len(there), there[0], f"{0:032}" in there) == (services.MOST_DRAFTS, ada.key, False)
    # Writing on pushes nothing out. Undo does, and says so: there is no room for both.
    ada.press("all", remarks="Written on")
    assert open_ones(world, writer) == there
    ada.submit(button="Undo")
    ada.step()
    assert ada.typed()["remarks"] == "Order 0"
    assert "so the oldest was thrown away: 5 · Order 1" in text(ada.page)
    assert len(open_ones(world, writer)) == services.MOST_DRAFTS
    with world.app.app_context():
        assert len(queries.unfinished(Writer(world.cast.lumen, world.cast.lin.id))) == 1


def test_neither_cancel_nor_room_that_was_made_pushes_anything_out(world: World, freeze: Freeze) -> None:
    writer = full(world, freeze)
    ada = world.customer("ada")
    ada.get(APPLY)
    ada.submit({"remarks": "Not wanted"}, button="cancel")
    assert len(open_ones(world, writer)) == services.MOST_DRAFTS
    ada.get(APPLY)
    ada.submit(button="Throw away")  # the newest of the list
    ada.follow()
    assert "There are 100" not in text(ada.page)
    ada.press("all", remarks="Another")
    assert "thrown away: " not in text(ada.page)
    assert f"{0:032}" in open_ones(world, writer)


def test_what_comes_after_the_session_ended_makes_room_for_itself(world: World, freeze: Freeze) -> None:
    writer = full(world, freeze)
    world.act(services.rescue, writer.user_id, "r" * 32, Content(TYPED, rescued=True), since="", enclosed=False)
    there = open_ones(world, writer)
    assert (len(there), there[0], f"{0:032}" in there) == (services.MOST_DRAFTS, "r" * 32, False)
    assert f"{0:032}" in keys(world)  # it can be put back


def test_what_is_over_pushes_nothing_unfinished_out(world: World, freeze: Freeze) -> None:
    writer = Writer(world.cast.lumen, world.cast.ada.id)
    world.act(services.keep, writer, "unfinished" + "-" * 22, Content(TYPED), since="")
    for number in range(services.MOST_DRAFTS + 2):
        freeze(NOW + timedelta(seconds=number))
        world.act(services.keep, writer, f"{number:032}", Content(TYPED), since="")
        world.act(services.discard, writer, f"{number:032}")
    world.act(services.keep, writer, "last" + "-" * 28, Content(TYPED), since="")
    assert keys(world) >= {"unfinished" + "-" * 22, "last" + "-" * 28}
    assert len(keys(world)) == services.MOST_DRAFTS + 2


def test_old_drafts_go_and_with_them_the_files_that_nobody_needs(ada: Customer, world: World, freeze: Freeze) -> None:
    shas = {}
    for name, content in (("sent", files.pdf()), ("left", files.picture("PNG")), ("replaced", files.picture("JPEG"))):
        ada.get(f"{APPLY}?amount=5")
        choose(ada, content, f"{name}.x")
        shas[name] = supporting.examine(content, "x").sha256
        if name == "sent":
            ada.press("submit")
    ada.press("edit")
    choose(ada, files.pdf() + b"\n", "last.pdf")
    tidy(world, NOW + UPLOAD_LIFE, freeze)
    assert {name for name in shas if storage.exists(shas[name])} == {"sent", "left", "replaced"}
    tidy(world, NOW + UPLOAD_LIFE + timedelta(minutes=1), freeze)
    assert {name for name in shas if storage.exists(shas[name])} == {"sent", "left"}
    tidy(world, NOW + LIFE + timedelta(minutes=1), freeze)
    tidy(world, NOW + LIFE + timedelta(minutes=1), freeze)
    assert {name for name in shas if storage.exists(shas[name])} == {"sent"}
    with world.app.app_context():
        assert keys(world) == set()
        assert session.scalar(select(func.count()).select_from(SupportingUpload)) == 0


def test_a_document_that_was_here_before_is_never_let_go(ada: Customer, world: World, freeze: Freeze) -> None:
    """An invoice of ours, enclosed once more: the same bytes stand under the same hash."""
    content = files.pdf()
    sha256 = storage.put(content)
    ada.get(APPLY)
    choose(ada, content, amount="5")
    tidy(world, NOW + LIFE + timedelta(days=1), freeze)
    tidy(world, NOW + LIFE + timedelta(days=1), freeze)
    assert storage.get(sha256) == content


def test_a_file_that_is_chosen_again_stays(ada: Customer, world: World, freeze: Freeze) -> None:
    content = files.pdf()
    ada.get(APPLY)
    choose(ada, content, amount="5")
    with world.app.app_context(), transaction():
        session.execute(update(ApplicationDraft).values(updated_at=NOW - LIFE - timedelta(days=1)))
    freeze(NOW + UPLOAD_LIFE + timedelta(minutes=1))
    ada = world.customer("ada")
    ada.get(f"{APPLY}?amount=6")
    choose(ada, content)
    with world.app.app_context():
        assert jobs.tidy() == 1
        assert storage.exists(supporting.examine(content, "x").sha256)
    assert ada.press("submit").status_code == 303
