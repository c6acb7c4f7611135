"""Mail providers where anybody may have an address: a domain of theirs says nothing of who reads it.

No library that is kept up knows them: the lists on PyPI lack most Chinese ones and hold thousands that are long dead.
"""

from __future__ import annotations

import re

# Those that are so large that a domain one letter beside them is a slip.
LARGE = (
    "qq.com", "163.com", "126.com", "139.com", "sina.com", "sohu.com", "foxmail.com", "aliyun.com", "yeah.net",
    "gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "live.com", "protonmail.com", "gmx.de",
    "googlemail.com", "hotmail.co.uk", "yahoo.co.jp", "yahoo.co.uk", "sina.com.cn", "t-online.de", "yandex.ru",
    "comcast.net", "btinternet.com", "rediffmail.com", "hanmail.net",
)  # fmt: skip
_OTHERS = frozenset({
    # China, Hong Kong, Taiwan
    "188.com", "189.cn", "21cn.com", "263.net", "263.net.cn", "2980.com", "163.net", "188.cn", "wo.cn", "wo.com.cn",
    "tom.com", "sina.cn", "sohu.net", "eyou.com", "citiz.net", "chinaren.com", "sogou.com", "aliyun.cn",
    "netvigator.com", "hkbn.net", "pchome.com.tw", "hinet.net", "seed.net.tw", "kimo.com",
    # Japan, Korea, South and South East Asia
    "nifty.com", "biglobe.ne.jp", "docomo.ne.jp", "ezweb.ne.jp", "softbank.ne.jp", "i.softbank.jp", "so-net.ne.jp",
    "ocn.ne.jp", "plala.or.jp", "goo.jp", "naver.com", "daum.net", "hanmail.net", "kakao.com", "nate.com",
    "hanmir.com", "rediffmail.com", "rediff.com", "indiatimes.com", "sify.com", "singnet.com.sg", "starhub.net.sg",
    "pacific.net.sg", "streamyx.com", "tm.net.my", "fpt.vn", "vnn.vn", "indosat.net.id", "telkom.net",
    # Of the whole world
    "gmail.com", "googlemail.com", "icloud.com", "me.com", "mac.com", "appleid.com", "msn.com", "passport.com",
    "windowslive.com", "aim.com", "proton.me", "pm.me", "protonmail.com", "tutanota.com", "tuta.com", "tuta.io",
    "tutamail.com", "fastmail.com", "fastmail.fm", "hey.com", "mail.com", "email.com", "usa.com", "post.com",
    "europe.com", "myself.com", "consultant.com", "engineer.com", "dr.com", "inbox.com", "lycos.com", "excite.com",
    "tutanota.de", "keemail.me", "petalmail.com",
    "asia.com", "accountant.com", "lawyer.com", "doctor.com", "techie.com", "writeme.com", "cheerful.com", "iname.com",
    "programmer.net", "contractor.net", "graphic-designer.com", "workmail.com", "mail-me.com", "fastservice.com",
    "hushmail.com", "zoho.com", "zohomail.com", "ymail.com", "rocketmail.com", "mailbox.org", "posteo.de",
    "posteo.net", "runbox.com", "startmail.com", "disroot.org", "riseup.net", "duck.com", "mozmail.com", "skiff.com",
    "onmail.com", "china.com", "china.com.cn",
    "pobox.com", "vivaldi.net", "mailfence.com", "mailo.com", "netcourrier.com",
    "inbox.eu", "cock.li", "passmail.net", "eclipso.de", "eclipso.eu",
    # For minutes, to whoever asks for the address
    "mailinator.com", "yopmail.com", "yopmail.fr", "yopmail.net", "guerrillamail.com", "guerrillamail.net",
    "guerrillamail.org", "sharklasers.com", "tempmail.com", "temp-mail.org", "temp-mail.io", "10minutemail.com",
    "10minutemail.net", "trashmail.com", "trashmail.de", "throwawaymail.com", "getnada.com", "maildrop.cc",
    "guerrillamail.biz", "guerrillamail.info", "guerrillamail.de", "grr.la", "mailnesia.com", "fakeinbox.com",
    "discard.email", "mailcatch.com", "emailondeck.com", "chacuo.net", "bccto.me", "linshiyouxiang.net",
    "dispostable.com", "mohmal.com", "moakt.com", "mintemail.com", "byom.de", "wegwerfmail.de",
    # North and South America
    "comcast.net", "xfinity.com", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "pacbell.net",
    "cox.net", "charter.net", "spectrum.net", "earthlink.net", "optonline.net", "windstream.net", "centurylink.net",
    "juno.com", "netzero.net", "roadrunner.com", "rr.com", "mindspring.com", "prodigy.net", "ameritech.net",
    "frontier.com", "frontiernet.net", "q.com", "suddenlink.net", "embarqmail.com", "hughes.net",
    "swbell.net", "rogers.com", "bell.net", "bell.ca", "shaw.ca", "telus.net", "sympatico.ca", "videotron.ca",
    "uol.com.br", "bol.com.br", "terra.com.br",
    "ig.com.br", "globo.com", "globomail.com", "prodigy.net.mx", "fibertel.com.ar", "arnet.com.ar", "ciudad.com.ar",
    "vtr.net",
    # Germany, Austria, Switzerland
    "web.de", "t-online.de", "freenet.de", "arcor.de", "vodafonemail.de", "online.de", "kabelmail.de", "unitybox.de",
    "magenta.de", "mail.de", "email.de", "ewe.net", "ewetel.net", "netcologne.de", "osnanet.de", "versanet.de",
    "aon.at", "chello.at", "a1.net", "utanet.at", "bluewin.ch", "sunrise.ch", "hispeed.ch", "swissonline.ch",
    # France, Benelux, Italy, Iberia
    "orange.fr", "wanadoo.fr", "free.fr", "sfr.fr", "neuf.fr", "laposte.net", "bbox.fr", "numericable.fr",
    "voila.fr", "noos.fr", "tim.it", "teletu.it",
    "club-internet.fr", "aliceadsl.fr", "skynet.be", "telenet.be", "scarlet.be", "ziggo.nl", "kpnmail.nl",
    "kpnplanet.nl", "planet.nl", "xs4all.nl", "home.nl", "hetnet.nl", "upcmail.nl", "casema.nl", "tele2.nl", "pt.lu",
    "libero.it", "virgilio.it", "tiscali.it", "alice.it", "tin.it", "inwind.it", "iol.it", "fastwebnet.it",
    "email.it", "poste.it", "telefonica.net", "terra.es", "ono.com", "ya.com", "sapo.pt", "netcabo.pt", "clix.pt",
    # United Kingdom, Ireland, the North
    "sky.com", "virgin.net", "btinternet.com", "btopenworld.com", "virginmedia.com", "ntlworld.com", "blueyonder.co.uk",
    "talktalk.net",
    "tiscali.co.uk", "o2.co.uk", "eircom.net", "bredband.net", "comhem.se", "spray.se", "online.no", "broadpark.no",
    "frisurf.no", "mail.dk", "tdcadsl.dk", "stofanet.dk", "elisanet.fi", "kolumbus.fi", "luukku.com", "suomi24.fi",
    "simnet.is",
    # The East, Turkey, Israel, Arabia, Africa, Oceania
    "mail.ru", "bk.ru", "inbox.ru", "list.ru", "internet.ru", "rambler.ru", "rambler.ua", "lenta.ru", "ro.ru",
    "autorambler.ru",
    "myrambler.ru", "ya.ru", "ukr.net", "i.ua", "bigmir.net", "meta.ua", "tut.by", "wp.pl", "o2.pl", "onet.pl",
    "op.pl", "interia.pl", "interia.eu", "poczta.fm", "gazeta.pl", "tlen.pl", "seznam.cz", "email.cz", "centrum.cz",
    "centrum.sk", "azet.sk", "zoznam.sk", "volny.cz", "atlas.cz", "freemail.hu", "citromail.hu", "abv.bg", "mail.bg",
    "dir.bg", "inbox.lv", "inbox.lt", "mail.ee", "hot.ee", "delfi.lt", "otenet.gr", "forthnet.gr", "mynet.com",
    "ttmail.com", "superonline.com", "walla.com", "walla.co.il", "bezeqint.net", "netvision.net.il", "012.net.il",
    "eim.ae", "maktoob.com", "mweb.co.za", "telkomsa.net", "webmail.co.za", "vodamail.co.za", "absamail.co.za",
    "bigpond.com", "bigpond.net.au", "optusnet.com.au", "iinet.net.au", "internode.on.net", "tpg.com.au",
    "dodo.com.au", "xtra.co.nz", "slingshot.co.nz", "clear.net.nz",
})  # fmt: skip
# In nearly every country under the same name.
_FAMILIES = re.compile(
    r"(?:.+\.)?(?:yahoo|ymail|hotmail|outlook|live|msn|aol|gmx|icloud|yandex|protonmail|zoho|zohomail|fastmail|hushmail"
    r"|lycos|excite|tiscali)\.(?:com|net|org|eu|info|(?:(?:com?|ne|net)\.)?[a-z]{2})"
)


def is_provider(domain: str) -> bool:
    """Whether a domain, in lower case, is a mail provider's where anybody may be, or one below it as vip.163.com."""
    labels = domain.split(".")
    ends = {".".join(labels[at:]) for at in range(len(labels))}
    return not ends.isdisjoint(_OTHERS) or not ends.isdisjoint(LARGE) or _FAMILIES.fullmatch(domain) is not None
