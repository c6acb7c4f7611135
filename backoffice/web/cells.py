"""Text in a CSV file that a spreadsheet leaves as it is.

A spreadsheet guesses what each cell of a CSV file is, by the habits of its owner's country: `1e5` becomes 100000, `1-2`
and `März 1` become days, `00123` becomes 123, and what begins with `=` is run (OWASP, CSV Injection). Whoever reads
the file with a program takes one apostrophe off the beginning of every text that has one, and has the very text again.
"""

from __future__ import annotations

import re
import unicodedata


def _set_of(words: str) -> frozenset[str]:
    return frozenset(words.casefold().split())


_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# What Excel, LibreOffice and WPS read as the beginning of a formula, full-width forms included, or strip off before it;
# and the mark itself, so that taking one off gives back every text.
_MARKED = re.compile(r"['\t\r\n]|\s*[=+\-@＝＋－＠]")
# What stands between the figures of numbers, days and hours, currency signs included.
_BETWEEN = re.compile(r"[\d\s.,:;/%()'’$£¥\u20a0-\u20c0\u2212+年月日号號时時分秒点點년월일시초-]+")
# Shorter numbers stay the text they are; longer ones are written 9.13E+17, and zeros in front are dropped.
_PLAIN_NUMBER = re.compile(r"0|[1-9][0-9]{0,10}")
_SCIENTIFIC = re.compile(r"[\d.,]*\d[\d.,]*e[+-]?\d+%?")
_HALF_DAY = re.compile(r"\d[\d:.]*\s+[ap]")
_ISO_INSTANT = re.compile(r"[\d-]{8,10}t[\d:.,]+(?:z|[+-][\d:]+)?")
_DAY_OF_THE_WEEK = re.compile(r"[^\W\d]{2,}[.,]*\s+")
_CHINESE_DAY = re.compile(r"(?:[\d〇零一二三四五六七八九十]+[年月日号號])+")
_ERROR = re.compile(r"#(?:null!|div/0!|value!|ref!|name\?|num!|n/a|getting_data|spill!|calc!)")
_TRUTH = _set_of(
    "true false wahr falsch vrai faux verdadero falso vero verdadeiro waar onwaar sant falskt sand falsk tosi epätosi"
    " prawda fałsz pravda nepravda igaz hamis adevărat fals doğru yanlış истина ложь истинно"
)
_PRICE = re.compile(
    r"(?:kr|zł|kč|ft|lei|chf|eur|usd|cny|rmb|rm|rp|rs|tl|руб|грн|лв)\.?\s*\d[\d.,]*"
    r"|\d[\d.,]*\s*(?:kr|zł|kč|ft|lei|chf|eur|usd|cny|rmb|tl|руб|грн|лв)\.?"
)
_BESIDE_FIGURES = _set_of("am pm 上午 下午 午前 午後 오전 오후 tháng thg năm")
_BESIDE_MONTHS = _set_of("de del di of den d") | _BESIDE_FIGURES
# The months' names as the Unicode locale data (CLDR) has them, with both forms where a language declines them; whatever
# begins one stands for it.
_MONTHS = _set_of(
    " january february march april may june july august september october november december"  # English
    " januar februar märz mrz april mai juni juli oktober dezember"  # German
    " janvier février mars avril mai juin juillet août septembre octobre novembre décembre"  # French
    " enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre"  # Spanish
    " gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre"  # Italian
    " janeiro fevereiro março maio junho julho setembro outubro novembro dezembro"  # Portuguese
    " januari februari maart mrt mei augustus maj augusti marts desember"  # Dutch, Swedish, Danish, Norwegian
    " tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta"
    " marraskuuta joulukuuta"  # Finnish
    " stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia"
    " styczeń luty marzec kwiecień czerwiec lipiec sierpień wrzesień październik listopad grudzień"  # Polish
    " ledna února března dubna května června července srpna září října listopadu prosince čvn čvc leden únor"
    " březen duben květen červen červenec srpen říjen prosinec"  # Czech
    " január február marec apríl máj jún júl januára februára apríla mája júna júla augusta septembra októbra"
    " novembra decembra október"  # Slovak
    " március április május június július augusztus szeptember"  # Hungarian
    " ianuarie februarie martie aprilie iunie iulie septembrie octombrie noiembrie decembrie"  # Romanian
    " siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna studenoga prosinca siječanj veljača"
    " ožujak travanj svibanj lipanj srpanj rujan studeni prosinac"  # Croatian
    " ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık"  # Turkish
    " января февраля марта апреля мая июня июля августа сентября октября ноября декабря январь февраль апрель"
    " май июнь июль сентябрь октябрь ноябрь декабрь"  # Russian
    " січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня січень лютий"
    " березень квітень травень червень липень серпень вересень жовтень грудень"  # Ukrainian
    " януари февруари март април юни юли август септември октомври ноември декември"  # Bulgarian
    " ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου νοεμβρίου"
    " δεκεμβρίου ιανουάριος φεβρουάριος μάρτιος απρίλιος μάιος ιούνιος ιούλιος αύγουστος σεπτέμβριος οκτώβριος"
    " νοέμβριος δεκέμβριος"  # Greek
    " maret agustus"  # Indonesian
)
_BEGINNINGS_OF_MONTHS = frozenset(name[:length] for name in _MONTHS for length in range(3, len(name) + 1))


def cleaned(value: str) -> str:
    """The text without the control characters that no file of a list can hold."""
    return _CONTROLS.sub("", value)


def kept_as_text(value: str) -> str:
    """The text as a cell of a CSV file, with an apostrophe before what a spreadsheet would make another thing of."""
    value = cleaned(value)
    return f"'{value}" if _MARKED.match(value) or _becomes_another(value) else value


def as_it_was(value: str) -> str:
    """The text of a cell that `kept_as_text` wrote; any other, as people type it, stays."""
    return value[1:] if value.startswith("'") and kept_as_text(value[1:]) == value else value


def _becomes_another(value: str) -> bool:
    # Full-width figures count as figures. An apostrophe too many does no harm.
    text = unicodedata.normalize("NFKC", value).strip().casefold()
    if not any(sign.isdigit() for sign in text):
        return text in _TRUTH or _ERROR.fullmatch(text) is not None or _CHINESE_DAY.fullmatch(text) is not None
    if _PLAIN_NUMBER.fullmatch(text):
        return text != value
    whole = (_SCIENTIFIC, _HALF_DAY, _ISO_INSTANT, _CHINESE_DAY, _PRICE)
    return any(each.fullmatch(text) for each in whole) or _is_written_like_a_day(text)


def _is_written_like_a_day(text: str) -> bool:
    """Whether every word beside the figures belongs to numbers, days or hours; a word before a day may be any."""
    words = [word for word in _BETWEEN.split(text) if word]
    if all(word in _BESIDE_FIGURES for word in words):
        return True
    if _DAY_OF_THE_WEEK.match(text) and words[0] not in _BEGINNINGS_OF_MONTHS:
        del words[0]
    months = [word for word in words if word in _BEGINNINGS_OF_MONTHS]
    return bool(months) and all(word in _BESIDE_MONTHS for word in words if word not in months)
