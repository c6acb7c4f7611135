"""The chart of a page: sound markup, every mark a link with a name, the same figures as a table."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from flask import Flask, get_template_attribute

from backoffice.sla.charts.chart import Chart, Ink, Kind, Point, Series, Stroke, Target
from backoffice.sla.charts.plot import plotted

SVG = "svg"


def rendered(app: Flask, chart: Chart) -> ElementTree.Element:
    """The figure, read back as XML."""
    with app.test_request_context("/"):
        markup = str(get_template_attribute("components/plot.html", "plot")(plotted(chart)))
    assert " style=" not in markup
    return ElementTree.fromstring(markup)


def example(kind: Kind, count: int = 12, href: str = "/list?a=1&b=<2>") -> Chart:
    """Two series with a target, names that would break markup, one figure set apart."""

    def points() -> tuple[Point, ...]:
        return tuple(
            Point(f"W{at}", at + 1.0, f"{at + 1}", f"{href}&at={at}", ink=Ink.BAD if at == 3 else None)
            for at in range(count)
        )

    series = (
        Series("In & <co>", points(), Ink.ACCENT, Stroke.SOLID),
        Series("Out & <co>", points(), Ink.GOOD, Stroke.DOTTED),
    )
    return Chart(
        "flow", "In & <out>", kind, series, "Week", "12 < 13", Target(5, "Target 5"), legend=((Ink.BAD, "Late"),)
    )


@pytest.mark.parametrize("kind", list(Kind))
def test_every_mark_leads_somewhere_and_says_its_figure(interface: Flask, kind: Kind) -> None:
    figure = rendered(interface, example(kind))
    for size in ("plot-wide", "plot-narrow"):
        (sheet,) = (each for each in figure.iter("div") if size in (each.get("class") or "").split())
        marks = [each for each in sheet.iter() if each.get("class") == "plot-mark"]
        assert len(marks) == 24
        assert {mark.tag for mark in marks} == {"a"}
        for mark in marks:
            assert mark.get("href", "").startswith("/list?a=1&b=<2>&at=")
            assert mark.get("aria-label") == mark.findtext("title")
        assert sorted(mark.get("aria-label", "") for mark in marks)[0] == "In & <co>, W0: 1"
        drawing = sheet.find(SVG)
        assert drawing is not None
        assert figure.find(f".//*[@id='{drawing.get('aria-labelledby')}']") is not None
    cells = [link.get("href") for link in figure.findall(".//table//a")]
    assert len(cells) == 24, "the table leads to the same lists"
    ids = [each.get("id") for each in figure.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    used = {each.get("fill", "")[5:-1] for each in figure.iter() if each.get("fill", "").startswith("url(")}
    assert used <= set(ids), "every pattern that is used is there"


def test_an_empty_chart_says_so(interface: Flask) -> None:
    figure = rendered(interface, Chart("none", "None", Kind.COLUMNS, (), "Week"))
    assert figure.find(".//svg") is None
    assert figure.find(".//details") is None
    assert "Nothing to show" in "".join(figure.itertext())


def test_a_drawing_that_scrolls_can_be_reached(interface: Flask) -> None:
    figure = rendered(interface, example(Kind.COLUMNS, 120))
    wide = next(each for each in figure.iter("div") if "plot-wide" in (each.get("class") or ""))
    assert "plot-scrolls" in wide.get("class", "")
    assert (wide.get("tabindex"), wide.get("role")) == ("0", "region")
