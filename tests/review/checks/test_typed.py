"""Email domain and hidden characters: when they pass, warn and fail."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from backoffice import fonts
from backoffice.review.checks import addresses, names, texts
from backoffice.review.checks.facts import Outcome
from tests.review.checks.cases import facts, header

NONE_KNOWN: frozenset[str] = frozenset()
EMAIL: dict[str, dict[str, dict[str, Any]]] = {
    "pass": {
        "used before": {},
        "a colleague's domain": {"email": "new.person@lumen.example"},
        "in capitals": {"email": "AP@LUMEN.EXAMPLE"},
        "copies to the same": {"copies": ("boss@lumen.example", "x@lumen.example")},
        "one of two known domains": {
            "email": "a@other.example", "addresses_known": frozenset({"a@lumen.example", "b@other.example"}),
        },
        "an address at a provider that was used before": {
            "email": "Zhangwei@qq.com", "addresses_known": frozenset({"zhangwei@qq.com"}),
        },
    },
    "warn": {
        "another company": {"email": "ap@northwind.example"},
        "a provider": {"email": "someone@gmail.com"},
        "a provider two letters beside another": {"email": "someone@126.com"},
        "a copy elsewhere": {"copies": ("boss@northwind.example",)},
        "nothing is known": {"addresses_known": NONE_KNOWN},
        "a subdomain": {"email": "ap@mail.lumen.example"},
        "what a known subdomain is one of": {
            "email": "ap@lumen.com", "addresses_known": frozenset({"ada@mail.lumen.com"}),
        },
        "another subdomain": {
            "email": "ap@mall.lumen.com.cn", "addresses_known": frozenset({"ada@post.lumen.com.cn"}),
        },
        "a short name with another ending": {
            "email": "ap@abc.org", "addresses_known": frozenset({"ada@abc.com"}),
        },
        "another address at a provider": {"email": "a@qq.com", "addresses_known": frozenset({"b@qq.com"})},
        "a copy to another address at a provider": {
            "email": "zhangwei@qq.com", "copies": ("lilei@qq.com",), "addresses_known": frozenset({"zhangwei@qq.com"}),
        },
        "a letter beside another address of the company": {
            "email": "finanoe@lumen.example", "addresses_known": frozenset({"finance@lumen.example"}),
        },
    },
    "fail": {
        "an m of two letters": {"email": "ap@rnicro.example", "addresses_known": frozenset({"ada@micro.example"})},
        "an m of two letters, the other way round": {
            "email": "ap@micro.example", "addresses_known": frozenset({"ada@rnicro.example"}),
        },
        "an m of two letters at the end": {"email": "ap@lumen.exarnple"},
        "a w of two letters, and a one for an l": {
            "email": "ap@vvorld1y.example", "addresses_known": frozenset({"ada@worldly.example"}),
        },
        **{
            f"{domain} for {meant}": {"email": f"ap@{domain}", "addresses_known": frozenset({f"ada@{meant}"})}
            for pair in (
                ("c1oud-1ab.example", "cloud-lab.example"), ("c1ever-1abs.com", "clever-labs.com"),
                ("ciouddata-ai.com", "clouddata-al.com"), ("dever-labs.com", "c1ever-1abs.com"),
                ("m0dern-cl0ud.com", "modern-cloud.com"), ("lurnen.com", "mail.lumen.com"),
                ("mail.lurnen.com", "lumen.com"), ("lumem.com", "mail.lumen.com"), ("ap.lumen.cn", "mail.lumen.com"),
                ("lurnen.com.cn", "mail.lumen.com.cn"), ("post.1umen.com", "mail.lumen.com"),
            )
            for domain, meant in (pair, pair[::-1])
        },
        "a country behind the ending": {"email": "ap@lumen.example.cn"},
        "another domain behind the whole": {"email": "ap@lumen.example.mailbox.example"},
        "another ending": {"email": "ap@lumen.org", "addresses_known": frozenset({"ada@lumen.com"})},
        "an ending of two parts": {"email": "ap@lumen.com.cn", "addresses_known": frozenset({"ada@lumen.com"})},
        "the ending of two parts shortened": {
            "email": "ap@lumen.cn", "addresses_known": frozenset({"ada@lumen.com.cn"}),
        },
        "a copy to another ending of a provider": {"copies": ("ada@foxmail.cn",)},
        "a letter is missing": {"email": "ap@lumn.example"},
        "a letter too much": {"email": "ap@lumeen.example"},
        "another letter": {"email": "ap@lumem.example"},
        "two letters swapped": {"email": "ap@lmuen.example"},
        "beside a provider": {"email": "someone@gmial.com"},
        "beside a provider's ending": {"email": "someone@163.con"},
        "a copy": {"copies": ("boss@1umen.example",)},
        "a letter beside another address at a provider": {
            "email": "zhangwe1@qq.com", "addresses_known": frozenset({"zhangwei@qq.com"}),
        },
        "such a copy": {
            "copies": ("zhangwe1@qq.com",), "addresses_known": frozenset({"ap@lumen.example", "zhangwei@qq.com"}),
        },
        "nothing is known, beside a provider": {"email": "someone@outlok.com", "addresses_known": NONE_KNOWN},
    },
}  # fmt: skip
PROVIDERS = (
    "189.cn", "vip.qq.com", "vip.163.com", "188.com", "21cn.com", "tom.com", "sina.cn", "sina.com.cn", "hotmail.co.uk",
    "yahoo.co.jp", "aol.com", "msn.com", "me.com", "proton.me", "googlemail.com", "web.de", "t-online.de", "orange.fr",
    "mail.ru", "naver.com", "qq.com", "wo.cn", "263.net", "vip.sina.com", "yahoo.com.tw", "outlook.fr", "live.cn",
    "gmx.net", "hotmail.com.br", "yandex.ru", "icloud.com.cn", "privaterelay.appleid.com", "hanmail.net", "QQ.COM",
    "rogers.com", "bell.net", "sky.com", "virgin.net", "tutanota.de", "email.it", "poste.it", "rambler.ua", "asia.com",
    "guerrillamail.biz", "grr.la", "china.com", "vivaldi.net", "frontier.com", "linshiyouxiang.net",
    "accountant.com", "petalmail.com", "mailinator.com", "yopmail.com", "guerrillamail.com", "tempmail.com",
    "10minutemail.com", "keemail.me", "bell.ca", "lawyer.com", "libero.it", "wp.pl", "seznam.cz", "rediffmail.com",
    "docomo.ne.jp", "comcast.net", "btinternet.com", "zoho.in",
)  # fmt: skip
OF_ONE_OWNER = (
    "lumen.example", "outlook.example", "mail.lumen.example", "tencent.com", "notqq.com", "yahoo-inc.com", "a163.com",
    "hotmail.lumen.cn", "livecom.com", "me.lumen.com", "orange.com", "gmx.lumen.de", "alive.cn", "web.lumen.de",
)  # fmt: skip
CHARACTERS: dict[str, dict[str, dict[str, Any]]] = {
    "pass": {
        "Łukasz Dvořák": {"header": header(name="Łukasz Dvořák")},
        "Nguyễn Thị Đặng": {"header": header(name="Nguyễn Thị Đặng")},
        "İstanbul Işık A.Ş.": {"header": header(name="İstanbul Işık A.Ş.")},
        "Ærø Skibsværft": {"header": header(name="Ærø Skibsværft")},
        "Großhandel Müßig": {"header": header(name="Großhandel Müßig")},
        "Þórður Ðe ehf": {"header": header(name="Þórður Ðe ehf")},
        "Œuvre Sàrl": {"header": header(name="Œuvre Sàrl")},
        "Șerban Țepeș SRL": {"header": header(name="Șerban Țepeș SRL")},
        "Háčky Žižkov": {"header": header(name="Háčky Žižkov")},
        "Ħal Għaxaq": {"header": header(name="Ħal Għaxaq")},
        "Əliyev": {"header": header(name="Əliyev")},
        "ООО Подъём": {"header": header(name="ООО Подъём")},
        "Αφοί Παπαδόπουλοι": {"header": header(name="Αφοί Παπαδόπουλοι")},
        "GPU Ⅱ期": {"header": header(name="GPU Ⅱ期")},
        "a Turkish i in Turkey": {"header": header(name="Yıldız Ltd", country="TR")},
        "a header with everything": {
            "header": header(
                address="上海市静安区1号",
                phone="021-1234 5678",
                bank="招商银行上海分行",
                bank_account="6222 0000 1234",
                street="Straße des 17. Juni 135",
                city="Łódź",
                postal_code="SW1A 1AA",
            ),
        },
        "plain Chinese": {},
        "an O of its own word": {"header": header(name="OPPO广东移动通信有限公司")},
        "a dash in remarks": {"remarks": "9月—11月"},
        "Kana in Japan": {"header": header(name="株式会社ロボット工業", country="JP")},
        "Kana alone": {"header": header(name="アサヒ")},
        "Hangul in Korea": {"header": header(name="현대 Robotics", country="KR")},
        "a numeral in use": {"header": header(name="二〇二六科技有限公司")},
        "signs in use": {
            "header": header(name="R&D+ Ltd", street="Nº 3 – 20°"),
            "remarks": "C++ ≥ 3, 50€, 9月～11月推理费→研发★",
        },
        "Polish letters": {"header": header(name="Łukasz Żółć Sp. z o.o.")},
        "full-width brackets": {"header": header(name="云栖数据研究院（筹）")},
        "Cyrillic throughout": {"header": header(name="ООО Ромашка")},
        "Greek throughout": {"header": header(name="Αθήνα Εμπορική")},
        "Cyrillic in capitals throughout": {"header": header(name="ООО РОМАШКА")},
        "Chinese and Latin side by side": {"remarks": "API调用费 PO 4500"},
        "lines of remarks": {"remarks": "PO 4500\n第三季度"},
    },
    "warn": {
        **{
            f"{name} for others": {"header": header(name=name)}
            for name in (
                "上海エ业有限公司",
                "ロ腔医院",
                "电カ公司",
                "ニ手车公司",
                "上海ー号公司",
                "上海ㄧ号公司",
                "ロカ",
                "Lumen 로봇",
                "Lum℮n Robotics",
                "Lumenロ",
                "〢手车公司",
                "ハ方公司",
                "上海⻰⻢机器人科技有限公司",
                "上海─号公司",
                "上海━号公司",
                "上海―号公司",
                "上海㇐号公司",
                "□腔医院",
                "▢腔医院",
                "上海—方公司",
                "上海–方公司",
                "上海−方公司",
                "上海－方公司",
                "上海≡方公司",
                "上海＝方公司",
                "二OO六科技公司",
                "≡方公司",
                "O一科技公司",
                "上海𤣩机器人公司",
            )
        },
        "Kana in remarks": {"remarks": "合同エ程"},
        "figures of another script": {"remarks": "PO ٤٧١١"},
        "mathematical figures": {"remarks": "PO 𝟒𝟕𝟏𝟏"},
        "an i without its dot": {"header": header(name="Lumen Robotıcs")},
        "a long s alone": {"header": header(name="Lumen ſ Ltd")},
        "a letter of phonetics": {"header": header(name="Lumen Roboʈics")},
        "two alphabets in a word, plain to see": {"header": header(name="Lumenя Ltd")},
        "a click for an l, alone": {"header": header(name="ǀ Trading")},
        "a word of look-alikes with marks": {"header": header(name="ЁЇ Trading")},
        "a word of Cyrillic letters that look Latin": {"header": header(name="ТЕХСО Ltd")},
        "nothing but such letters": {"header": header(name="АВС")},
        "Greek letters that look Latin": {"header": header(name="ΑΒΕ Trading")},
        "a Cyrillic name beside a Latin word": {"header": header(name="Ромашка Ltd")},
        "such a word beside Chinese": {"header": header(name="АВС有限公司")},
        "a radical for a character": {"header": header(name="上海商⼈有限公司")},
        "a mathematical letter": {"header": header(name="𝐋umen Robotics")},
        "a ligature": {"header": header(name="Ofﬁce Ltd")},
        "full-width figures in the bank account": {"header": header(bank_account="６２２２ 0000")},
        "two spaces in the street": {"header": header(street="Hauptstr.  12")},
        "a wide space in the phone": {"header": header(phone="021\u20091234")},
        "full-width figures in the postal code": {"header": header(postal_code="２０００４０")},
        "a wide space": {"header": header(name="上海\u3000流明".replace("\u3000", "\u2003"))},
        "a space that does not break": {"remarks": "PO\u00a04500"},
        "full-width figures": {"remarks": "合同 ２０２６"},
        "full-width letters in the name": {"header": header(name="ＬＵＭＥＮ有限公司")},
        "two spaces": {"header": header(name="Lumen  Robotics")},
        "a space at the end": {"remarks": "PO 4500 "},
    },
    "fail": {
        "U+051D and U+0251": {"header": header(name="ԝeb Robɑtics")},
        "U+0251": {"header": header(name="Web Robɑtics")},
        "U+051B": {"header": header(name="ԛuality Ltd")},
        "U+0196": {"header": header(name="Ɩumen Robotics")},
        "U+0261": {"header": header(name="Dynamic Loɡic")},
        "U+01C0": {"header": header(name="Gǀobal Ltd")},
        "a small capital": {"header": header(name="Lumen ʀobotics")},
        "a Roman numeral": {"header": header(name="ⅩTech Ltd")},
        "Cyrillic with a mark": {"header": header(name="Lumen Citrоёn")},
        "a Greek omega": {"header": header(name="Netωork")},
        "a Greek letter with a mark": {"header": header(name="Trάding")},
        "a Cyrillic letter in the street": {"header": header(street="Lumen Roboticѕ str. 1")},
        "a Cyrillic letter in the city": {"header": header(city="Bеrlin")},
        "a Cyrillic letter in the bank": {"header": header(bank="Commerzbаnk")},
        "no width in the phone": {"header": header(phone="021\u200b1234")},
        "no width in the bank account": {"header": header(bank_account="6222\u200b0000")},
        "no width in the postal code": {"header": header(postal_code="2000\u200d40")},
        "no width": {"header": header(name="上海流明\u200b机器人")},
        "right to left": {"remarks": "PO \u202e0054"},
        "a control character": {"remarks": "PO\x074500"},
        "a Cherokee letter": {"header": header(name="Ꭺpple Trading")},
        "a Cyrillic a": {"header": header(name="Lumen Roboticѕ Ltd")},
        "a Cyrillic o in the address": {"email": "ap@lumen.exаmple"},
        "a Greek capital": {"header": header(name="Lumen ΑG Αcme")},
        "a blank letter": {"header": header(name="上海\u3164流明")},
        "a soft hyphen": {"remarks": "HT\u00ad2026"},
        "a sign for what could not be read": {"remarks": "合同\ufffd"},
        **{
            f"{ord(sign):X} unseen": {"header": header(name=f"上海流明{sign}机器人")}
            for sign in "\ufe00\ufe0d\u180b\u180d\u180f\U000e0100\U000e01ef\U00016fe4\ufffc\U0001d159\u2d7f"
        },
        "a dot on an i": {"header": header(name="Lumen Roboti\u0307cs")},
        "a dot on a j in a tax ID": {"header": header(tax_id="DEj\u030712345678")},
    },
}
ALL = {"email": (addresses, EMAIL), "characters": (texts, CHARACTERS)}


@pytest.mark.parametrize(
    ("check", "outcome", "changes"),
    [
        pytest.param(check, outcome, changes, id=f"{check}-{outcome}-{name}")
        for check, (_, outcomes) in ALL.items()
        for outcome, cases in outcomes.items()
        for name, changes in cases.items()
    ],
)
def test_what_is_found(check: str, outcome: str, changes: dict[str, Any]) -> None:
    found = getattr(ALL[check][0], check)(facts(**changes))
    assert (found.code, found.outcome) == (check, Outcome(outcome)), (str(found.message), found.data)
    assert str(found.message)


def test_no_letter_of_another_script_passes_inside_a_chinese_name() -> None:
    letters = [chr(code) for code in range(0x3041, 0x31C0) if unicodedata.category(chr(code)).startswith("L")]
    unseen = [one for one in letters if texts.characters(facts(header=header(name=f"上海{one}业"))).outcome == "pass"]
    assert (len(letters) > 250, unseen) == (True, [])


def test_no_part_of_a_character_passes_for_a_whole_one() -> None:
    blocks = (range(0x2E80, 0x2FE0), range(0x2FF0, 0x3000), range(0x31C0, 0x31F0), range(0x303E, 0x303F))
    parts = [chr(code) for block in blocks for code in block if unicodedata.name(chr(code), "")]
    unseen = [one for one in parts if texts.characters(facts(header=header(name=f"上海{one}业"))).outcome == "pass"]
    assert (len(parts) > 370, unseen) == (True, [])


def test_no_letter_that_can_be_printed_passes_for_an_ordinary_one_unseen() -> None:
    letters = [chr(code) for code in range(0xA0, 0x2F00) if unicodedata.category(chr(code)) in ("Lu", "Ll", "Lt", "Lo")]
    foreign = [letter for letter in letters if unicodedata.normalize("NFD", letter)[0] > "\x7f"]
    foreign = [letter for letter in foreign if fonts.drawable(letter)]
    assert len(foreign) > 500
    unseen = [
        letter for letter in foreign if texts.characters(facts(header=header(name=f"Lu{letter}men"))).outcome == "pass"
    ]
    assert "".join(unseen) == "ªºÆÐØÞßæðøþĐđĦħĲĳĿŀŁłŊŋŒœŦŧƁƆƊƏƘƙɓɔɗəẞ"


TWINS = (
    "㬵胶 㫚曶 壿墫 㮣槩 䎛㖈 𤨁瑨 𠘨几 𥫗竹 𤣩王 𧾷足 曰日 囗口 已己 巳己 靑青 呂吕 內内 戶户 戸户 眞真 硏研 淸清 "
    "敎教 郞郎 卽即 強强 別别 値值 㐅乂 圡土 亻人 黃黄 ヘへ ベべ ペぺ リり ッツ ケヶ ÐĐ ịi şș ǎă "
    "·• ·‧ ·・ -‑ -⁃ ’ʼ '’ -– -− /∕ —一 –一 −一 －一 ≡三 ＝二 O〇 0〇"
)


@pytest.mark.parametrize("pair", TWINS.split())
def test_names_that_read_alike_are_twins(pair: str) -> None:
    one, other = (f"上海{sign}流明有限公司" for sign in pair)
    assert (names.look_the_same(one, other), names.looks(one) == names.looks(other)) == (True, True)


@pytest.mark.parametrize("domain", PROVIDERS)
def test_a_stranger_at_the_same_provider_is_new(domain: str) -> None:
    known = frozenset({f"zhangwei@{domain}"})
    found = [
        addresses.email(facts(email=f"{who}@{domain}", addresses_known=known)).outcome
        for who in ("zhangwei", "lilei", "zhangwe1")
    ]
    assert found == ["pass", "warn", "fail"]


@pytest.mark.parametrize("domain", OF_ONE_OWNER)
def test_a_colleague_at_a_companys_own_domain_is_known(domain: str) -> None:
    known = frozenset({f"zhangwei@{domain}"})
    assert addresses.email(facts(email=f"lilei@{domain}", addresses_known=known)).outcome == "pass"


def test_what_a_domain_looks_like_is_told() -> None:
    known = frozenset({"ada@micro.example"})
    told = [
        str(addresses.email(facts(email=f"ap@{domain}", addresses_known=known)).message)
        for domain in ("rnicro.example", "micro.example.cn", "ap.rnicro.example", "micro-example.com")
    ]
    assert told == [
        "rnicro.example is new and looks like micro.example.",
        "micro.example.cn is new, and micro.example with another ending.",
        "ap.rnicro.example is new and looks like micro.example.",
        "micro-example.com is new, and micro.example with another ending.",
    ]
