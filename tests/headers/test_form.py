"""Every rule of a header at its field: what is accepted, how it is kept, what is said about the rest."""

from __future__ import annotations

from html import unescape

import pytest

from backoffice.headers import countries
from backoffice.headers.rules import check_tax_id
from tests.headers.conftest import GOOD, NEW, OTHER, Clerk
from tests.support.visitor import Visitor

SPECIAL = {"vat_kind": "special", "address": "宜山路900号", "phone": "021-1", "bank": "建设银行", "bank_account": "31"}
PERSON = {"kind": "personal", "name": "王小明", "tax_id": ""}
FILL = "Please fill this in."

# what is typed over GOOD -> what is kept
ACCEPTED: dict[str, tuple[dict[str, str], dict[str, object]]] = {
    "longest texts": (
        {"name": "名" * 256, "address": "址" * 128, "phone": "1" * 32, "bank": "行" * 128, "bank_account": "2" * 32,
         "street": "s" * 128, "city": "c" * 64},
        {"name": "名" * 256, "bank_account": "2" * 32, "city": "c" * 64}),
    "names are unified, full-width brackets stay": (
        {"name": " Ｌｕｍｅｎ（中国）\u200b "}, {"name": "Lumen（中国）"}),
    "tax IDs lose gaps and become upper case": (
        {"tax_id": " 9131 0000-ma1f l0a2 77\u200b"}, {"tax_id": "91310000MA1FL0A277"}),
    "a complete special header": (SPECIAL, {"vat_kind": "special", "bank_account": "31"}),
    "a person without an ID": (PERSON, {"kind": "personal", "tax_id": ""}),
    "a person with an ID": ({**PERSON, "tax_id": "11010519491231002x"}, {"tax_id": "11010519491231002X"}),
    "a public body without a tax ID": ({"kind": "public_body", "tax_id": ""}, {"kind": "public_body", "tax_id": ""}),
    "15 characters": ({"tax_id": "310115123456789"}, {"tax_id": "310115123456789"}),
    "17 characters": ({"tax_id": "31011512345678912"}, {"tax_id": "31011512345678912"}),
    "20 characters": ({"tax_id": "310115123456789ABCDE"}, {"tax_id": "310115123456789ABCDE"}),
    "four copies, each once, in the order typed": (
        {"email": "a@x.example", "copies": "b@x.example；C@X.example\nB@x.example, d@x.example e@x.example"},
        {"copies": ["b@x.example", "C@x.example", "d@x.example", "e@x.example"]}),
    "no country named is China": ({"country": ""}, {"country": "CN"}),
    "an address in its parts": (
        {"country": "cn", "street": "宜山路900号", "city": "上海", "postal_code": "２００２３３"},
        {"country": "CN", "street": "宜山路900号", "city": "上海", "postal_code": "200233"}),
    "another country has its own tax IDs and postal codes": (
        {"country": "GB", "tax_id": "gb 123 4567 89", "postal_code": "sw1a 1aa"},
        {"country": "GB", "tax_id": "GB123456789", "postal_code": "SW1A 1AA"}),
}  # fmt: skip

# what is typed over GOOD -> field, what is said there
REFUSED: dict[str, tuple[dict[str, str], str, str]] = {
    "no name": ({"name": " "}, "name", FILL),
    "a long name": ({"name": "名" * 257}, "name", "257 characters long; at most 256"),
    "a long address": ({"address": "x" * 129}, "address", "at most 128"),
    "a long phone": ({"phone": "1" * 33}, "phone", "at most 32"),
    "a long bank": ({"bank": "x" * 129}, "bank", "at most 128"),
    "a long account": ({"bank_account": "1" * 33}, "bank_account", "at most 32"),
    "a long street": ({"street": "x" * 129}, "street", "at most 128"),
    "a long city": ({"city": "x" * 65}, "city", "at most 64"),
    "an enterprise without tax ID": ({"tax_id": ""}, "tax_id", FILL),
    "special without address": ({**SPECIAL, "address": ""}, "address", FILL),
    "special without phone": ({**SPECIAL, "phone": ""}, "phone", FILL),
    "special without bank": ({**SPECIAL, "bank": ""}, "bank", FILL),
    "special without account": ({**SPECIAL, "bank_account": ""}, "bank_account", FILL),
    "a person with special": (PERSON | SPECIAL, "vat_kind", "A person cannot get a special VAT invoice."),
    "a name no font can print": ({"name": "公司🦄"}, "name", "U+1F984"),
    "a street no font can print": ({"street": "🦄 1"}, "street", "U+1F984"),
    "hidden direction marks": ({"name": "a\u202eb"}, "name", "direction of writing"),
    "17 symbols too few": ({"tax_id": "9"}, "tax_id", "A tax ID has 18 characters (15, 17 or 20 before 2015)"),
    "letters that are no symbols": ({"tax_id": "9131O000MAIFL0A277"}, "tax_id", "O (5), I (11)"),
    "signs in a legacy ID": ({"tax_id": "31011512345678#"}, "tax_id", "# (15)"),
    "a wrong check symbol": ({"tax_id": "91310000NA1FL0A277"}, "tax_id", "7 (17), 7 (18)"),
    "five copies": ({"copies": ", ".join(f"{n}@x.example" for n in range(5))}, "copies", "At most 4 addresses"),
    "a copy that is no address": ({"copies": "a@x.example, b@"}, "copies", "b@:"),
    "a copy to the receiving address": (
        {"email": "ap@x.example", "copies": "b@x.example, AP@x.example"}, "copies",
        "ap@x.example receives the invoice already"),
    "a list as the receiving address": ({"email": "a@x.example, b@x.example"}, "email", "exactly one"),
    "a country there is not": ({"country": "XX"}, "country", "Choose one"),
    "a code of CLDR that is no country": ({"country": "ZZ"}, "country", "Choose one"),
    "a postal code of China with five figures": ({"postal_code": "20023"}, "postal_code", "six digits"),
    "a postal code with signs": (
        {"country": "DE", "tax_id": "DE1", "postal_code": "D/1"}, "postal_code", "letters, digits"),
    "a tax ID of another country with signs": ({"country": "DE", "tax_id": "DE/1"}, "tax_id", "letters and digits"),
}  # fmt: skip


def test_what_is_accepted_is_kept_in_its_normal_form(ada: Clerk) -> None:
    for case, (typed, kept) in ACCEPTED.items():
        assert ada.new(**GOOD | typed) == 303, (case, ada.text)
        header = ada.kept()[-1]
        assert {name: getattr(header, name) for name in kept} == kept, case
        # Out of the way of the next one.
        ada.get(f"/invoice-headers/{header.id}/archive")
        ada.submit(button="Remove")


def test_what_is_refused_is_said_at_the_field_and_kept_as_typed(ada: Clerk) -> None:
    for case, (typed, field, said) in REFUSED.items():
        assert ada.new(**GOOD | typed) == 422, case
        assert said in ada.told(field), (case, ada.told(field))
        assert {name: ada.typed().get(name) for name in typed if name != "country"} == {
            name: value for name, value in typed.items() if name != "country"
        }, case
    assert ada.kept() == []


def needed(ada: Clerk) -> set[str]:
    """The conditional fields that the present page marks as required; each of the others says what needs it."""
    names = ("tax_id", "address", "phone", "bank", "bank_account")
    marked = {name for name in names if f'<label class="field-label is-required" for="{name}"' in ada.text}
    for name in names:
        head = ada.text.partition(f'for="{name}"')[2].partition("</div>")[0]
        control = ada.text.partition(f'id="{name}"')[2].partition(">")[0]
        assert ("optional" in head.replace("field-optional", ""), "needed for" in head) == (False, True), name
        assert (" hidden" in head) == (" required" in control) == (name in marked), name
    return marked


def test_a_field_that_this_kind_of_header_needs_is_marked_and_never_called_optional(ada: Clerk) -> None:
    special = {"address", "phone", "bank", "bank_account"}
    ada.get(NEW)
    assert needed(ada) == {"tax_id"}
    for kind, vat_kind, fields in (
        ("enterprise", "special", special | {"tax_id"}),
        ("public_body", "ordinary", set()),
        ("public_body", "special", special | {"tax_id"}),
        ("personal", "ordinary", set()),
        ("personal", "special", set()),
    ):
        assert ada.new("split", kind=kind, vat_kind=vat_kind) == 200
        assert needed(ada) == fields, (kind, vat_kind)
    header = ada.saved(**GOOD, **SPECIAL)
    ada.get(f"/invoice-headers/{header.id}/edit")
    assert needed(ada) == special | {"tax_id"}


def test_a_tax_id_that_lost_a_symbol_is_kept_and_doubted_wherever_it_is_seen(ada: Clerk) -> None:
    cut = GOOD["tax_id"][:7] + GOOD["tax_id"][8:]
    doubt = "With one more symbol it is a valid tax ID of 18 characters: has one been lost?"
    header = ada.saved(**GOOD | {"tax_id": cut})
    assert header.tax_id == cut
    ada.get("/invoice-headers")
    assert f"Compare the tax ID with the business licence. {doubt}" in ada.text, "said once it is saved"
    assert "Legacy tax ID, or mistyped" in ada.text
    ada.get(f"/invoice-headers/{header.id}/edit")
    assert f"{doubt} It can be saved as it is." in ada.text
    assert "One symbol more explains it: 0 at position 8." in ada.text
    assert ada.press(f"Use {GOOD['tax_id']}") == 200
    assert ada.typed()["tax_id"] == GOOD["tax_id"]
    assert ada.kept()[0].tax_id == cut, "nothing is saved yet"
    assert doubt not in ada.text
    assert ada.press() == 303
    assert ada.kept()[0].tax_id == GOOD["tax_id"]
    ada.get("/invoice-headers")
    assert "business licence" not in ada.text
    assert "Legacy" not in ada.text


def test_of_one_symbol_too_many_the_right_tax_id_is_offered(ada: Clerk) -> None:
    assert ada.new(**GOOD | {"tax_id": GOOD["tax_id"][:4] + "7" + GOOD["tax_id"][4:]}) == 422
    assert "this one has 19" in ada.told("tax_id")
    assert "One symbol less explains it: without 7 at position 5." in ada.text
    assert ada.press(f"Use {GOOD['tax_id']}") == 200
    assert ada.press() == 303
    assert ada.kept()[0].tax_id == GOOD["tax_id"]


def test_a_legacy_tax_id_is_not_doubted(ada: Clerk) -> None:
    header = ada.saved(**GOOD | {"tax_id": "310115123456789"})
    ada.get("/invoice-headers")
    assert "business licence" not in ada.text
    ada.get(f"/invoice-headers/{header.id}/edit")
    assert "It can be saved as it is." not in ada.text


def test_legacy_tax_ids_carry_a_badge(ada: Clerk) -> None:
    ada.saved(**GOOD | {"tax_id": "310115123456789"})
    ada.follow()
    assert "Legacy tax ID" in ada.text


@pytest.mark.parametrize(("country", "tax_id"), [("IN", "29ABCDE1234F1Z5"), ("FR", "FR1234567890123456")])
def test_a_tax_id_of_another_country_carries_no_badge_whatever_its_length(
    ada: Clerk, country: str, tax_id: str
) -> None:
    ada.saved(name="Lumen", tax_id=tax_id, country=country)
    ada.follow()
    assert tax_id in ada.text
    assert "Legacy tax ID" not in ada.text
    assert "Check digit" not in ada.text


def test_the_field_marks_the_wrong_symbols_and_offers_the_only_repair(ada: Clerk) -> None:
    for typed, marked, suggestion in (
        ("91310000MAIFL0A277", ["I"], "91310000MA1FL0A277"),
        ("91310000NA1FL0A277", ["7", "7"], "91310000MA1FL0A277"),
        ("913100OOMA1FL0A277", ["O", "O"], None),
        ("9131", [], None),
    ):
        assert ada.new(**GOOD | {"tax_id": typed}) == 422
        code = ada.text.partition('class="marked-code"')[2].partition("</p>")[0]
        assert [part.partition("<")[0] for part in code.split("<mark>")[1:]] == marked
        assert (f"Did you mean {suggestion}?" in ada.told("tax_id")) is (suggestion is not None)
        assert ("instead of" in ada.text) is (suggestion is not None)


def test_a_repair_is_filled_in_on_request_and_not_saved(ada: Clerk) -> None:
    ada.new(**GOOD | {"tax_id": "9131 0000 NA1F L0A2 77", "phone": "kept", "remarks": "kept too"})
    assert ada.typed()["tax_id"] == "9131 0000 NA1F L0A2 77"
    assert ada.press("Use 91310000MA1FL0A277") == 200
    assert ada.kept() == []
    assert (ada.typed()["tax_id"], ada.told("tax_id")) == ("91310000MA1FL0A277", "")
    assert (ada.typed()["phone"], ada.typed()["remarks"]) == ("kept", "kept too")
    assert ada.press() == 303
    assert ada.kept()[0].tax_id == "91310000MA1FL0A277"


def test_several_letters_that_no_tax_id_has_are_offered_as_what_they_look_like(ada: Clerk) -> None:
    ada.new(**GOOD | {"tax_id": "9131O000MA1FLOA277"})
    assert "Did you mean 91310000MA1FL0A277?" in ada.told("tax_id")
    assert "O → 0 (5)" in ada.text
    assert "O → 0 (14)" in ada.text
    assert ada.text.count("Use 91310000MA1FL0A277") == 1
    assert ada.press("Use 91310000MA1FL0A277") == 200
    assert (ada.typed()["tax_id"], ada.told("tax_id"), ada.kept()) == ("91310000MA1FL0A277", "", [])


def test_a_repair_that_nobody_offered_changes_nothing(ada: Clerk) -> None:
    ada.new("split", **GOOD)
    answer = ada.client.post(ada.path, data={**ada.typed(), "tax_id": "9131", "action": f"suggestion-{GOOD['tax_id']}"})
    assert answer.status_code == 200
    assert 'value="9131"' in answer.text
    for action in ("take-", "take-csrf_token", "take-is_default", "take-name"):
        answer = ada.client.post(ada.path, data={**ada.typed(), "action": action})
        assert answer.status_code == 200, action
    assert ada.kept() == []


def test_where_several_repairs_are_possible_each_has_its_button(ada: Clerk) -> None:
    typed = "91440300MA5DA0X7X3"
    offered = check_tax_id(typed).suggestions
    assert len(offered) == 3
    ada.new(**GOOD | {"tax_id": typed})
    assert "Did you mean one of these? Each differs in one symbol, or in the order of two:" in ada.text
    for code in offered:
        ada.new(**GOOD | {"tax_id": typed})
        assert ada.press(f"Use {code}") == 200
        assert (ada.typed()["tax_id"], ada.told("tax_id")) == (code, "")
    assert ada.kept() == []


def test_an_id_card_number_for_a_company_leads_to_the_type_personal(ada: Clerk) -> None:
    number = "11010519491231002X"
    assert ada.new(**GOOD | {"tax_id": number}) == 422
    assert "For a person choose the type Personal" in ada.text
    assert "Did you mean" not in ada.text
    assert ada.press(kind="personal", name="林晓") == 303
    assert ada.kept()[0].tax_id == number


def test_enter_saves(ada: Clerk) -> None:
    """A browser presses the first button of a form: it must not be a helper."""
    ada.get("/invoice-headers/new")
    form = next(form for form in ada.forms() if "tax_id" in form.names)
    assert (form.buttons[0].name, form.buttons[0].value) == ("action", "save")


@pytest.mark.parametrize(("locale", "china", "germany"), [("en", "China", "Germany"), ("zh", "中国", "德国")])
def test_countries_are_offered_in_the_readers_language(ada: Clerk, locale: str, china: str, germany: str) -> None:
    ada.client.set_cookie("locale", locale)
    ada.get("/invoice-headers/new")
    offered = ada.text.partition('name="country"')[2].partition("</select>")[0]
    assert offered.count("<option") == len(countries.CODES) == 249
    assert f'<option selected value="CN">{china}<' in offered
    assert f'<option value="DE">{germany}<' in offered
    sounds = ["阿富汗", "德国", "中国"] if locale == "zh" else ["Afghanistan", "Åland Islands", "Albania", "Zimbabwe"]
    assert sorted(sounds, key=offered.index) == sounds


def test_after_saving_the_application_goes_on(ada: Clerk) -> None:
    ada.get("/invoice-headers/new?next=apply")
    for action, typed in (("split", {"pasted_text": "名称：甲有限公司"}), (None, {"tax_id": "9131"}), (None, {**GOOD})):
        assert "go on with your application" in ada.text
        ada.press(action, **typed)
    assert ada.page.status_code == 303
    header_id = ada.kept()[0].id
    assert ada.page.headers["Location"] == f"/invoices/apply?header={header_id}"
    ada.follow()
    assert f'selected value="{header_id}"' in ada.text
    # A header that repeats this one leads back with this one chosen.
    ada.get("/invoice-headers/new?next=apply")
    assert ada.press(**GOOD | {"name": "甲有限公司"}) == 422
    assert f"/invoices/apply?header={header_id}" in unescape(ada.page.text)


def test_an_edit_keeps_what_it_does_not_touch(ada: Clerk) -> None:
    header = ada.saved(**OTHER, email="a@x.example", copies="b@x.example, c@x.example", country="CN", city="上海")
    ada.get(f"/invoice-headers/{header.id}/edit")
    assert ada.typed()["copies"] == "b@x.example, c@x.example"
    assert ada.press(phone="021-1") == 303
    (after,) = ada.kept()
    assert (after.copies, after.city, after.phone) == (["b@x.example", "c@x.example"], "上海", "021-1")


def test_forms_are_not_confused_by_strange_ids(ada: Clerk) -> None:
    ada.saved(**GOOD)
    for known in ("x", "-", "1" * 40, "-".join(["9"] * 1000), "١"):
        ada.get("/invoice-headers/new")
        assert ada.press(**OTHER | {"tax_id": GOOD["tax_id"]}) == 422
        answer = Visitor(ada.client.application, ada.client).client.post(
            ada.path, data={**ada.typed(), "known_look_alikes": known}
        )
        assert answer.status_code == 422, known
