"""The buyer's legal identity: which fields, which limits, which tax IDs (GB 32100-2015, GB 11714)."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.errors import Invalid
from backoffice.headers import rules
from backoffice.headers.rules import TaxIdOutcome, check_tax_id
from backoffice.headers.tax_ids import ALPHABET, check_symbol, organisation_check_symbol

VECTORS = (
    "91110000MA00000152",
    "91310000MA1FL0A277",
    "91440300MA5DA0X7X5",
    "1210000040000000XN",
    "91500000MA60K9P35N",
)
VALID = VECTORS[1]
ENTERPRISE = {"kind": "enterprise", "name": "上海流明机器人有限公司", "tax_id": VALID}
BANK = {"address": "宜山路900号", "phone": "021-6485 2200", "bank": "建设银行", "bank_account": "3105 0170"}


def flips(code: str) -> list[tuple[int, str]]:
    """Every code that differs from `code` in one symbol of the alphabet, with the position of that symbol."""
    return [
        (place + 1, code[:place] + symbol + code[place + 1 :])
        for place in range(len(code))
        for symbol in ALPHABET
        if symbol != code[place]
    ]


def exchanges(code: str) -> list[str]:
    """The code with each two neighbours that differ in the other order."""
    both = ((code[:at] + code[at + 1] + code[at] + code[at + 2 :]) for at in range(17))
    return [other for other in both if other != code]


def one_slip_away(one: str, other: str) -> bool:
    """Whether one symbol differs, or the order of two neighbours."""
    return sum(map(str.__ne__, one, other)) == 1 or one in exchanges(other)


def passes(code: str) -> bool:
    """Both checks, said once more without the search for a repair."""
    return organisation_check_symbol(code[8:16]) == code[16] and check_symbol(code[:17]) == code[17]


def begins_as_given_out(code: str) -> bool:
    """Department, kind and province, said once more: nothing else is ever suggested."""
    provinces = (10, *range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66),
                 71, 81, 82)  # fmt: skip
    kinds = {"3": "123459", "5": "12349", "9": "123", "Y": "1"}.get(code[0], "1239")
    return code[0] in "123456789ANYG" and code[1] in kinds and code[2:8].isdecimal() and int(code[2:4]) in provinces


class TestTaxId:
    @pytest.mark.parametrize("code", VECTORS)
    def test_vectors_pass(self, code: str) -> None:
        result = check_tax_id(code)
        assert (result.outcome, result.code, result.positions, result.suggestion) == ("valid", code, (), None)
        assert rules.exit_code(result) == 0

    @pytest.mark.parametrize("code", VECTORS)
    def test_any_flipped_symbol_fails_by_the_outer_check_and_the_inner_one_sees_its_own_part(self, code: str) -> None:
        changed = flips(code)
        assert len(changed) == 18 * 30
        for place, flipped in changed:
            result = check_tax_id(flipped)
            assert result.outcome == TaxIdOutcome.WRONG_CHECK_DIGIT, flipped
            assert rules.exit_code(result) == 1
            assert 18 in result.positions, f"{flipped}: weights 3^(i-1) mod 31 miss no single symbol"
            # Of the organisation code, GB 11714 counts letters from 10 to 35: two symbols 11 or 22 apart look alike.
            inner = organisation_check_symbol(flipped[8:16]) != flipped[16]
            assert (17 in result.positions) is inner
            assert not inner or 9 <= place <= 17
            if place == 17:
                assert inner

    def test_the_inner_check_catches_most_but_not_all_flips_of_the_organisation_code(self) -> None:
        inside = [flipped for code in VECTORS for place, flipped in flips(code) if 9 <= place <= 16]
        caught = [flipped for flipped in inside if organisation_check_symbol(flipped[8:16]) != flipped[16]]
        assert 0.9 < len(caught) / len(inside) < 1

    def test_suggests_the_right_code_wherever_one_symbol_is_wrong_and_never_more_than_three(self) -> None:
        tried, right = Counter[int](), Counter[int]()
        for code in VECTORS:
            for place, flipped in flips(code):
                offered = check_tax_id(flipped).suggestions
                assert len(set(offered)) == len(offered) <= 3
                assert all(passes(one) and begins_as_given_out(one) for one in offered)
                assert all(one_slip_away(one, flipped) for one in offered)
                tried[place] += 1
                right[place] += code in offered
                assert code in offered or check_tax_id(flipped).has_more, flipped
        assert {
            place: round(right[place] / tried[place], 2) for place in tried if right[place] < 0.9 * tried[place]
        } == {}

    @pytest.mark.parametrize("code", VECTORS)
    def test_a_single_suggestion_is_the_only_repair_there_is(self, code: str) -> None:
        alone = 0
        for _, flipped in flips(code)[::7]:
            slips = {other for _, other in flips(flipped)} | set(exchanges(flipped))
            repairs = [other for other in slips if passes(other) and begins_as_given_out(other)]
            assert code in repairs
            assert check_tax_id(flipped).suggestion == (code if len(repairs) == 1 else None)
            alone += len(repairs) == 1
        assert alone > 30

    @pytest.mark.parametrize("code", VECTORS)
    def test_two_neighbours_in_the_wrong_order_lead_to_the_right_code(self, code: str) -> None:
        for exchanged in exchanges(code):
            result = check_tax_id(exchanged)
            if result.outcome == TaxIdOutcome.WRONG_CHECK_DIGIT:
                assert code in result.suggestions, exchanged
                assert result.suggestion in (code, None), exchanged

    @pytest.mark.parametrize("code", VECTORS)
    def test_a_symbol_read_as_its_look_alike_leads_to_the_right_code(self, code: str) -> None:
        """Of a wrong check symbol too: the one that fits is among the suggestions."""
        swaps = {"0": "OQD", "1": "I7T", "2": "Z", "5": "S", "6": "G", "7": "1T", "8": "B", "B": "8", "D": "0"}
        for place, symbol in enumerate(code):
            for read in swaps.get(symbol, ""):
                assert code in check_tax_id(code[:place] + read + code[place + 1 :]).suggestions, (place + 1, read)
        for symbol in ALPHABET.replace(code[17], ""):
            assert code in check_tax_id(code[:17] + symbol).suggestions

    def test_a_code_that_begins_as_no_other_is_valid_all_the_same(self) -> None:
        first_17 = "XX990000" + VALID[8:17]
        assert check_tax_id(first_17 + check_symbol(first_17)).outcome == TaxIdOutcome.VALID

    @pytest.mark.parametrize("typed", ["11010519491231002X", "440524188001010014", "110105194912310021",
                                       "110105194913310023"])  # fmt: skip
    def test_the_number_of_an_id_card_is_told_as_such(self, typed: str) -> None:
        """A person born in a month there is, in our days, with the right check symbol; else it is a wrong tax ID."""
        result = check_tax_id(typed)
        assert result.outcome == TaxIdOutcome.WRONG_CHECK_DIGIT
        persons = typed == "11010519491231002X"
        assert str(result.message).startswith("This is the ID card number of a person.") is persons
        assert (result.positions == () == result.suggestions) or not persons

    @pytest.mark.parametrize(
        ("typed", "positions", "suggestion"),
        [
            ("9131O000MA1FL0A277", (5,), VALID),
            ("91310000MAIFL0A277", (11,), VALID),
            ("913100OOMA1FL0A277", (7, 8), VALID),
            ("9131O000MA1FLOA277", (5, 14), VALID),
            ("9131000OMAIFL0A277", (8, 11), VALID),
            ("9L3LOOOOMALFLOA277", (5, 6, 7, 8, 14), None),
            ("913IOOOOMAIFLOAZ77", (4, 5, 6, 7, 8, 11, 14, 16), VALID),
            ("9131OOOOMA1FL0A278", (5, 6, 7, 8), None),
            ("9131O000MA1FL!A277", (5, 14), None),
            ("91310000MA1FL0A27!", (18,), VALID),
            ("9131\x000000A1FL0A277", (5,), None),
            ("91310000公A1FL0A277", (9,), VALID),
        ],
    )
    def test_names_illegal_symbols(self, typed: str, positions: tuple[int, ...], suggestion: str | None) -> None:
        result = check_tax_id(typed)
        assert (result.outcome, result.positions) == (TaxIdOutcome.WRONG_FORM, positions)
        assert result.suggestion == suggestion
        assert rules.exit_code(result) == 2

    @pytest.mark.parametrize("typed", ["", " ", "9", VALID[:16], VALID + "0", VALID * 3, "9" * 10_000_000])
    def test_refuses_wrong_lengths(self, typed: str) -> None:
        assert check_tax_id(typed).outcome == TaxIdOutcome.WRONG_FORM

    @pytest.mark.parametrize("length", [15, 17, 20])
    def test_legacy_forms_pass_with_a_badge(self, length: int) -> None:
        result = check_tax_id(("310115OISVZ123456789X")[:length])
        assert (result.outcome, rules.exit_code(result)) == (TaxIdOutcome.LEGACY, 0)
        assert check_tax_id("3" * (length - 1) + "#").positions == (length,)

    @pytest.mark.parametrize("code", VECTORS)
    def test_wherever_one_symbol_was_lost_the_right_code_is_offered_and_nothing_is_refused(self, code: str) -> None:
        for place in range(18):
            cut = code[:place] + code[place + 1 :]
            result = check_tax_id(cut)
            assert (result.outcome, rules.exit_code(result)) == (TaxIdOutcome.LEGACY, 0), cut
            assert code in result.suggestions or result.has_more, (cut, result.suggestions)
            assert all(passes(one) and begins_as_given_out(one) for one in result.suggestions)
            assert all(cut in {one[:at] + one[at + 1 :] for at in range(18)} for one in result.suggestions)
            assert str(result.doubt).startswith("With one more symbol it is a valid tax ID")
            assert rules.validate({**ENTERPRISE, "tax_id": cut})["tax_id"] == cut
            assert rules.warnings({**ENTERPRISE, "tax_id": cut}) == {}

    @pytest.mark.parametrize("code", VECTORS)
    def test_of_one_symbol_lost_every_code_that_fits_is_offered(self, code: str) -> None:
        """All insertions there are, tried one by one."""
        for place in range(0, 18, 3):
            cut = code[:place] + code[place + 1 :]
            every = {cut[:at] + symbol + cut[at:] for at in range(18) for symbol in ALPHABET}
            fitting = {one for one in every if passes(one) and begins_as_given_out(one)}
            result = check_tax_id(cut)
            assert set(result.suggestions) <= fitting
            assert (len(result.suggestions) == len(fitting)) is not result.has_more

    @pytest.mark.parametrize("code", VECTORS)
    def test_wherever_one_symbol_was_typed_too_many_the_right_code_is_offered(self, code: str) -> None:
        for place in range(19):
            for symbol in (code[min(place, 17)], "7", "Z", "."):
                result = check_tax_id(code[:place] + symbol + code[place:])
                assert (result.outcome, rules.exit_code(result)) == (TaxIdOutcome.WRONG_FORM, 2)
                assert code in result.suggestions or result.has_more, (place, symbol)

    @pytest.mark.parametrize("length", [15, 17, 20])
    @pytest.mark.parametrize("code", VECTORS)
    def test_what_begins_like_a_company_of_today_is_doubted_at_every_earlier_length(
        self, code: str, length: int
    ) -> None:
        result = check_tax_id((code + "XX")[:length])
        assert (result.outcome, rules.exit_code(result)) == (TaxIdOutcome.LEGACY, 0)
        if code.startswith("9") or length == 17:
            assert result.doubt is not None
        if length == 15 and code.startswith("9"):
            assert "but has 15" in str(result.doubt)

    @pytest.mark.parametrize(
        "typed",
        ["310115123456789", "310115OISVZ123456", "310115OISVZ123456789", "440524188001010", "110105194912310021XX",
         "9A0115123456789", "915555123456789"],
    )  # fmt: skip
    def test_what_is_of_an_earlier_form_is_not_doubted(self, typed: str) -> None:
        result = check_tax_id(typed)
        assert (result.outcome, result.doubt, result.suggestions) == (TaxIdOutcome.LEGACY, None, ())

    def test_the_command_tells_the_doubt_and_what_may_be_meant(self) -> None:
        cut = VALID[:7] + VALID[8:]
        assert rules.describe_tax_id(check_tax_id(cut)).splitlines() == [
            f"{cut}  legacy",
            "A tax ID of the form used before 2015 (17 characters).",
            "With one more symbol it is a valid tax ID of 18 characters: has one been lost?",
            f"Did you mean {VALID}?",
        ]
        told = rules.describe_tax_id(check_tax_id(VALID[:15])).splitlines()
        assert told[-1].startswith("It begins like a tax ID of 18 characters, but has 15")

    @pytest.mark.parametrize("typed", [VALID.lower(), f" {VALID}\t", "9131 0000 MA1F L0A2 77", "9131-0000-MA1FL0A277",
                                       "９１３１００００ＭＡ１ＦＬ０Ａ２７７", f"\u200b{VALID}\ufeff"])  # fmt: skip
    def test_reads_it_as_people_write_it(self, typed: str) -> None:
        assert check_tax_id(typed).code == VALID
        assert check_tax_id(typed).outcome == TaxIdOutcome.VALID

    @given(st.text(alphabet=ALPHABET, min_size=3, max_size=3), st.text(alphabet=ALPHABET, min_size=13, max_size=13))
    def test_what_the_standard_computes_passes(self, head: str, tail: str) -> None:
        first_16 = head + tail
        inner = organisation_check_symbol(first_16[8:])
        assert check_tax_id(first_16 + inner + check_symbol(first_16 + inner)).outcome == TaxIdOutcome.VALID

    @given(st.text(st.characters(), max_size=40))
    def test_never_raises_and_prints_what_a_terminal_can_show(self, typed: str) -> None:
        result = check_tax_id(typed)
        told = rules.describe_tax_id(result)
        assert rules.exit_code(result) in (0, 1, 2)
        assert all(line.isprintable() for line in told.splitlines())
        told.encode()

    def test_points_at_the_symbol(self) -> None:
        assert rules.describe_tax_id(check_tax_id("91310000MAIFL0A277")).splitlines() == [
            "91310000MAIFL0A277  wrong form",
            "          ^",
            "A tax ID cannot contain these characters (position): I (11)",
            "Did you mean 91310000MA1FL0A277?",
        ]
        several = check_tax_id("91440300MA5DA0X7X3")
        codes = ", ".join(several.suggestions)
        told = f"Did you mean one of these? Each differs in one symbol, or in the order of two: {codes}"
        assert len(several.suggestions) == 3
        further = "Further repairs are possible: compare each symbol with the business licence."
        assert told in rules.describe_tax_id(several).splitlines()
        assert (rules.describe_tax_id(several).splitlines()[-1] == further) is several.has_more
        assert rules.describe_tax_id(check_tax_id(VALID)) == f"{VALID}  valid\nThis tax ID is valid."


def faults(fields: dict[str, object]) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as caught:
        rules.validate(fields)
    return {name: [str(message) for message in messages] for name, messages in caught.value.fields.items()}


class TestValidate:
    def test_gives_every_field_its_normal_value(self) -> None:
        values = rules.validate(
            {**ENTERPRISE, "name": " Ｌｕｍｅｎ（中国）\u200b ", "tax_id": "9131 0000 ma1fl0a277",
             "email": "AP@Lumen.Example", "remarks": "one\r\ntwo", "unknown": object()}
        )  # fmt: skip
        assert values == {
            "kind": "enterprise", "vat_kind": "ordinary", "language": "both", "name": "Lumen（中国）", "tax_id": VALID,
            "address": "", "phone": "", "bank": "", "bank_account": "", "email": "AP@lumen.example",
            "remarks": "one\ntwo", "country": "CN", "street": "", "city": "", "postal_code": "", "copies": "",
        }  # fmt: skip
        assert tuple(values) == rules.FIELDS
        assert rules.validate(values) == values

    def test_special_needs_address_phone_bank_and_account(self) -> None:
        special = {**ENTERPRISE, "vat_kind": "special"}
        assert set(faults(dict(special))) == {"address", "phone", "bank", "bank_account"}
        assert rules.validate({**special, **BANK})["bank_account"] == "3105 0170"
        for name in BANK:
            assert faults({**special, **BANK, name: " "}) == {name: ["Please fill this in."]}

    @pytest.mark.parametrize("kind", ["enterprise", "public_body"])
    def test_who_needs_a_tax_id(self, kind: str) -> None:
        without = {"kind": kind, "name": "Lumen"}
        if kind == "enterprise":
            assert faults(dict(without)) == {"tax_id": ["Please fill this in."]}
        else:
            assert rules.validate(without)["tax_id"] == ""
        assert faults({**without, **BANK, "vat_kind": "special"}) == {"tax_id": ["Please fill this in."]}

    def test_a_person_gets_no_special_invoice(self) -> None:
        person = {"kind": "personal", "name": "Łukasz Nowak"}
        assert rules.validate(person)["name"] == "Łukasz Nowak"
        assert faults({**person, **BANK, "tax_id": "X1", "vat_kind": "special"}) == {
            "vat_kind": ["A person cannot get a special VAT invoice."]
        }

    def test_a_person_who_chose_special_is_told_only_that_and_not_to_fill_in_what_a_person_needs_not(self) -> None:
        person = {"kind": "personal", "name": "林晓", "vat_kind": "special"}
        assert faults(dict(person)) == {"vat_kind": ["A person cannot get a special VAT invoice."]}
        assert list(faults({**person, "name": ""})) == ["vat_kind", "name"]

    def test_a_persons_id_has_its_own_rules(self) -> None:
        person = {"kind": "personal", "name": "林晓"}
        for typed, kept in (("11010519491231002x", "11010519491231002X"), ("E 1234 5678", "E12345678")):
            values = rules.validate({**person, "tax_id": typed})
            assert values["tax_id"] == kept
            assert rules.tax_id_of(values) is None
        for typed in ("ID: 1", "证1", "1" * 33, "1\0"):
            assert faults({**person, "tax_id": typed}) == {"tax_id": ["An ID has at most 32 letters and digits."]}

    def test_a_wrong_form_blocks(self) -> None:
        assert faults({**ENTERPRISE, "tax_id": "91310000MAIFL0A277"}) == {
            "tax_id": ["A tax ID cannot contain these characters (position): I (11)", f"Did you mean {VALID}?"]
        }
        assert faults({**ENTERPRISE, "tax_id": "123"}) == {
            "tax_id": ["A tax ID has 18 characters (15, 17 or 20 before 2015), this one has 3."]
        }

    def test_a_wrong_check_digit_only_warns(self) -> None:
        values = rules.validate({**ENTERPRISE, "tax_id": "91310000NA1FL0A277"})
        assert values["tax_id"] == "91310000NA1FL0A277"
        first, second = map(str, rules.warnings(values)["tax_id"])
        assert first.startswith("These check symbols do not fit (position): 7 (17), 7 (18).")
        assert second == f"Did you mean {VALID}?"

    @pytest.mark.parametrize("tax_id", [VALID, "310115123456789", ""])
    def test_nothing_to_warn_of(self, tax_id: str) -> None:
        assert rules.warnings(rules.validate({"kind": "public_body", "name": "院", "tax_id": tax_id})) == {}

    @pytest.mark.parametrize(("name", "limit"), [("name", 256), ("address", 128), ("phone", 32), ("bank", 128),
                                                 ("bank_account", 32), ("remarks", 500)])  # fmt: skip
    def test_limits(self, name: str, limit: int) -> None:
        assert rules.validate({**ENTERPRISE, name: "9" * limit})[name] == "9" * limit
        for length in (limit + 1, 10_000_000):
            assert list(faults({**ENTERPRISE, name: "9" * length})) == [name]

    @pytest.mark.parametrize("name", ["kind", "vat_kind", "language"])
    @pytest.mark.parametrize("value", ["other", "ENTERPRISE", " special", "\0"])
    def test_choices_are_closed(self, name: str, value: str) -> None:
        assert faults({**ENTERPRISE, name: value})[name] == ["Choose one of the offered values."]

    @pytest.mark.parametrize("value", [1, True, ["x"], {"x": 1}, b"x", 1.5])
    @pytest.mark.parametrize("name", rules.FIELDS)
    def test_only_text_is_text(self, name: str, value: object) -> None:
        assert faults({**ENTERPRISE, name: value})[name] == ["This must be text."]

    def test_tells_all_faults_at_once_in_the_order_of_the_form(self) -> None:
        found = faults(
            {"kind": "enterprise", "vat_kind": "special", "name": "x\0", "email": "a@b,c@d", "bank": "y" * 129}
        )
        assert list(found) == ["name", "tax_id", "address", "phone", "bank", "bank_account", "email"]
        assert found["name"] == ["Remove the character U+0000; it cannot be printed."]
        assert faults({}) == {"kind": ["Choose one of the offered values."], "name": ["Please fill this in."]}

    @given(st.dictionaries(st.sampled_from(rules.FIELDS), st.text(st.characters(), max_size=30)))
    def test_any_text_gives_values_or_sentences(self, fields: dict[str, str]) -> None:
        try:
            values = rules.validate(fields)
        except Invalid as error:
            unknown = set(error.fields) - set(rules.FIELDS)
        else:
            unknown = set()
            assert rules.validate(values) == values
        assert not unknown
