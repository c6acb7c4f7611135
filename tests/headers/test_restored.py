"""A header removed while somebody edits it: its form restores it; nothing is undone unseen and no word is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask

from backoffice import clock
from backoffice.audit import queries as audit
from backoffice.database import transaction
from backoffice.errors import Conflict
from backoffice.headers import invariants, services
from backoffice.headers.models import InvoiceHeader
from backoffice.headers.views import editing
from tests.headers.conftest import GOOD, OTHER, Clerk
from tests.headers.test_together import edit_page, remove
from tests.support.people import Cast, Person

ASKED = "Is it one of these headers?"
ANYWAY = "Restore all the same"
RESTORE = "Restore and save"


@pytest.fixture
def lin(cast: Cast, clerk: Callable[[Person], Clerk]) -> Clerk:
    """Lin, a colleague of Ada."""
    return clerk(cast.lin)


def change(clerk: Clerk, header: InvoiceHeader, **typed: str) -> None:
    clerk.get(edit_page(header))
    assert clerk.press(**typed) == 303


def bring_back(clerk: Clerk, header: InvoiceHeader) -> None:
    clerk.get(f"/invoice-headers/{header.id}/restore")
    assert clerk.submit(button="Restore").status_code == 303


@pytest.fixture
def header(ada: Clerk) -> InvoiceHeader:
    """A header of Ada's, whose form stands open before her."""
    made = ada.saved(**GOOD, phone="021-1")
    ada.get(edit_page(made))
    return made


def test_what_was_changed_before_the_removal_is_told_and_stays(
    app: Flask, ada: Clerk, lin: Clerk, header: InvoiceHeader
) -> None:
    change(lin, header, phone="021-2", bank="建设银行")
    remove(lin, header.id)
    assert ada.press(address="宜山路900号") == 409
    for said in ("This header was removed while you were editing it.", "Phone: now: 021-2", "Before: 021-1"):
        assert said in ada.text
    assert (ada.typed()["address"], ada.typed()["phone"], ada.typed()["bank"]) == ("宜山路900号", "021-2", "建设银行")
    assert ada.press(RESTORE) == 303
    kept = ada.kept()[0]
    assert (kept.id, kept.address, kept.phone, kept.bank) == (header.id, "宜山路900号", "021-2", "建设银行")
    with app.app_context():
        assert list(invariants.check()) == []


def test_lines_that_nobody_touched_follow_what_was_saved_before_the_removal(
    ada: Clerk, lin: Clerk, header: InvoiceHeader
) -> None:
    change(lin, header, remarks="line one\nline two")
    ada.get(edit_page(header))
    change(lin, header, remarks="LIN CHANGED")
    remove(lin, header.id)
    assert ada.press(phone="021-7") == 409
    assert "Remarks: now: LIN CHANGED" in ada.text
    assert ada.typed()["remarks"] == "LIN CHANGED"
    assert ada.press(RESTORE) == 303
    assert (ada.kept()[0].remarks, ada.kept()[0].phone) == ("LIN CHANGED", "021-7")


def test_a_form_that_says_restore_does_not_undo_what_its_page_never_showed(
    ada: Clerk, lin: Clerk, header: InvoiceHeader
) -> None:
    change(lin, header, phone="021-2")
    remove(lin, header.id)
    # The form as it was opened, sent with the button of the page that tells of the removal.
    answer = ada.client.post(ada.path, data={**ada.typed(), "address": "x", "restore": "1", "action": "save"})
    assert answer.status_code == 409
    assert "Phone: now: 021-2" in answer.text.replace("<bdi>", "")
    assert ada.kept() == []


@pytest.mark.parametrize("fresh", [True, False], ids=["opened after the removal", "sent after it"])
@pytest.mark.parametrize("wrong", [{}, {"phone": "1" * 33}], ids=["right", "another field wrong"])
def test_a_look_alike_made_since_is_named_and_may_stand_beside_it(
    app: Flask, ada: Clerk, lin: Clerk, header: InvoiceHeader, fresh: bool, wrong: dict[str, str]
) -> None:
    remove(lin, header.id)
    lin.saved(**GOOD, phone="021-5")
    if fresh:
        ada.get(edit_page(header))
    else:
        assert ada.press(address="宜山路900号") == 409
    if wrong:
        assert ada.press(RESTORE, address="宜山路900号", **wrong) == 422
        assert ada.told("phone")
        assert (ada.typed()["address"], ada.typed()["phone"]) == ("宜山路900号", wrong["phone"])
    assert ada.press(RESTORE, address="宜山路900号", phone="021-1") == 422
    assert ASKED in ada.text
    assert "same name and same tax ID" in ada.text
    assert ada.typed()["address"] == "宜山路900号"
    assert ada.press(ANYWAY) == 303
    assert {(kept.phone, kept.address) for kept in ada.kept()} == {("021-1", "宜山路900号"), ("021-5", "")}
    with app.app_context():
        assert list(invariants.check()) == []


def test_its_twin_made_since_is_named_and_what_differs_from_it_may_be_kept(
    ada: Clerk, lin: Clerk, header: InvoiceHeader
) -> None:
    remove(lin, header.id)
    twin = lin.saved(**GOOD, phone="021-1")
    assert ada.press() == 409
    assert ada.press(RESTORE) == 409
    assert "was created anew since and says all the same" in ada.text
    assert "all the same</li>" in ada.text
    assert ANYWAY not in ada.text
    # Something else than the twin says: no sentence says the contrary.
    assert ada.press(RESTORE, address="宜山路900号") == 422
    assert "says all the same" not in ada.text
    assert "same name and same tax ID" in ada.text
    assert f"/invoice-headers/{twin.id}/edit" in ada.text
    assert ada.press(ANYWAY) == 303
    assert {(kept.id, kept.address) for kept in ada.kept()} == {(header.id, "宜山路900号"), (twin.id, "")}


@pytest.mark.parametrize("told_of_the_twin", [True, False])
def test_renamed_beside_its_twin_it_is_told_what_the_form_shares_with_it(
    ada: Clerk, lin: Clerk, header: InvoiceHeader, told_of_the_twin: bool
) -> None:
    remove(lin, header.id)
    twin = lin.saved(**GOOD, phone="021-1")
    ada.get(edit_page(header))
    if told_of_the_twin:
        assert ada.press(RESTORE) == 409
        assert "was created anew since and says all the same" in ada.text
    assert ada.press(RESTORE, name="上海云雀科技有限公司") == 422
    assert "says all the same" not in ada.text
    assert (ada.told("name"), ada.told("tax_id")) == ("", f"{GOOD['name']} has the same tax ID.")
    assert ASKED in ada.text
    assert f"/invoice-headers/{twin.id}/edit" in ada.text
    assert ada.press(ANYWAY) == 303
    assert {kept.name for kept in ada.kept()} == {GOOD["name"], "上海云雀科技有限公司"}


def test_what_is_nobodys_twin_any_more_comes_back_without_a_question(
    ada: Clerk, lin: Clerk, header: InvoiceHeader
) -> None:
    remove(lin, header.id)
    lin.saved(**GOOD, phone="021-1")
    assert ada.press(**OTHER) == 409
    assert ada.press(RESTORE) == 303
    assert {kept.name for kept in ada.kept()} == {GOOD["name"], OTHER["name"]}


def test_one_removed_in_that_very_moment_is_not_restored_unasked(
    app: Flask, cast: Cast, ada: Clerk, header: InvoiceHeader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remove_it() -> None:
        with app.app_context(), transaction():
            services.archive(cast.lin.actor, header.id, now=clock.now())

    def is_asked() -> bool:
        colleague = threading.Thread(target=remove_it)
        colleague.start()
        colleague.join()
        return False

    with monkeypatch.context() as patched:
        patched.setattr(editing.asides, "is_asked", is_asked)
        assert ada.press(address="宜山路900号") == 409
    assert "林晓 removed it on " in ada.text
    assert ada.kept() == []
    assert ada.press(RESTORE) == 303
    assert [kept.address for kept in ada.kept()] == ["宜山路900号"]


def test_the_service_says_so_too(app: Flask, cast: Cast, ada: Clerk, header: InvoiceHeader) -> None:
    values = GOOD | {"kind": "enterprise", "phone": "3"}
    with app.app_context():
        with transaction():
            services.archive(cast.lin.actor, header.id, now=clock.now())
        with pytest.raises(Conflict) as refused, transaction():
            services.edit(cast.ada.actor, header.id, values, now=clock.now(), seen=header.updated_at)
        assert refused.value.code == services.REMOVED
        with pytest.raises(Conflict) as refused, transaction():
            services.edit(cast.ada.actor, header.id, values, now=clock.now(), seen=header.updated_at, restore=True)
        assert refused.value.code == services.CHANGED


def test_restored_by_a_colleague_meanwhile_it_is_edited_as_any_other(
    ada: Clerk, lin: Clerk, header: InvoiceHeader
) -> None:
    remove(lin, header.id)
    assert ada.press(address="宜山路900号") == 409
    bring_back(lin, header)
    change(lin, header, phone="021-2")
    assert ada.press(RESTORE) == 409
    assert "Phone: now: 021-2" in ada.text
    assert "was removed" not in ada.text
    assert ada.press("Save") == 303
    assert [(kept.phone, kept.address) for kept in ada.kept()] == [("021-2", "宜山路900号")]


def test_changed_and_removed_once_more_it_is_told_once_more(ada: Clerk, lin: Clerk, header: InvoiceHeader) -> None:
    remove(lin, header.id)
    assert ada.press(address="宜山路900号") == 409
    bring_back(lin, header)
    change(lin, header, phone="021-2")
    remove(lin, header.id)
    assert ada.press(RESTORE) == 409
    assert "Phone: now: 021-2" in ada.text
    assert ada.kept() == []
    assert ada.press(RESTORE) == 303
    assert [(kept.phone, kept.address) for kept in ada.kept()] == [("021-2", "宜山路900号")]


def test_a_double_restore_and_save_is_one(app: Flask, ada: Clerk, lin: Clerk, header: InvoiceHeader) -> None:
    remove(lin, header.id)
    assert ada.press(address="宜山路900号") == 409
    sent = {**ada.typed(), "action": "save"}
    assert [ada.client.post(ada.path, data=sent).status_code for _ in range(2)] == [303, 303]
    with app.app_context():
        done = [event.action for event in audit.events_of("invoice_header", header.id)]
    assert (done.count("header.restore"), done.count("header.edit")) == (1, 1)
