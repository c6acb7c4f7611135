"""The same invoice drawn by other libraries, each as their own pages say and as fast as they say: faces are registered,
templates compiled and style sheets parsed once per process. None of them wraps less or draws less than fits here."""

from __future__ import annotations

import base64
import io
import json
import tempfile
from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from backoffice import fonts, storage
from backoffice.issuing.face import Face, Fact
from backoffice.issuing.pdf import picture, qr
from backoffice.issuing.rules import Snapshot

WIDTHS = (26, 52, 76, 118, 28, 62, 62, 30, 51)


@cache
def _face_bytes(name: fonts.FaceName) -> bytes:
    """The two faces that ours draw with; the others want tables that ours have dropped, so they are pinned anew."""
    import uharfbuzz as hb

    face = hb.Face(hb.Blob(fonts.source_bytes(name)))  # type: ignore[arg-type]
    plan = hb.SubsetInput()
    plan.keep_everything()
    plan.pin_axis_location(face, "wght", 700 if name == "sc-bold" else 400)
    return bytes(hb.subset(face, plan).blob.data)


@cache
def _folder() -> Path:
    """Files for those that read files, taken away at exit."""
    folder = tempfile.TemporaryDirectory(prefix="bench-pdf-")
    _kept.append(folder)
    path = Path(folder.name)
    for name in ("sc", "sc-bold"):
        (path / f"{name}.ttf").write_bytes(_face_bytes(name))
    (path / "main.typ").write_text(_TYPST, encoding="utf-8")
    return path


_kept: list[tempfile.TemporaryDirectory[str]] = []


@cache
def _logo(sha256: str) -> Path:
    path = _folder() / f"{sha256}.png"
    path.write_bytes(storage.get(sha256))
    return path


class Said(NamedTuple):
    """The words and figures of our face, in our words: every engine draws all of them."""

    names: tuple[str, str]
    title: str
    notice: str
    facts: list[tuple[str, str]]
    parties: list[tuple[str, str, list[tuple[str, str]]]]
    head: list[str]
    rows: list[list[str]]
    closing: list[tuple[str, str]]
    foot: str


def said(snap: Snapshot) -> Said:
    """What the face of a snapshot says."""
    face = Face(snap)
    sums = [["", "", "", one.label.inline("both"), "", "", one.net, one.rate, one.tax] for one in face.sums]
    return Said(
        face.letterhead,
        face.title.inline("both"),
        " · ".join(text for _, text in face.notice),
        [_pair(fact) for fact in face.facts],
        [(party.title.inline("both"), party.name, [_pair(fact) for fact in party.facts]) for party in face.parties],
        [column.label.inline("both", "\n") for column in face.columns],
        [list(row) for row in face.rows] + sums,
        [_pair(fact) for fact in (*face.wordings, face.gross, face.remarks) if fact],
        snap["number"] or "",
    )


def _pair(fact: Fact) -> tuple[str, str]:
    return fact.label.inline("both"), fact.value


# reportlab: canvas calls and a platypus table.


@cache
def _register() -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name in ("sc", "sc-bold"):
        pdfmetrics.registerFont(TTFont(name, io.BytesIO(_face_bytes(name))))


def reportlab(snap: Snapshot) -> bytes:
    """It neither wraps nor mixes faces here, which is to its advantage."""
    from reportlab.pdfgen import canvas
    from reportlab.platypus import Table, TableStyle

    _register()
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=(595.28, 841.89), pageCompression=1)
    told = said(snap)
    rows = told.rows
    chunks = [rows[:16], *(rows[start : start + 30] for start in range(16, len(rows), 30))]
    style = TableStyle(
        [
            ("FONT", (0, 0), (-1, -1), "sc", 7.8),
            ("FONT", (0, 0), (-1, 0), "sc-bold", 7.2),
            ("ALIGN", (4, 0), (-1, -1), "RIGHT"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, (0.8, 0.8, 0.8)),
        ]
    )
    for number, chunk in enumerate(chunks, 1):
        top = _reportlab_head(page, snap, told) if number == 1 else 72
        table = Table([told.head, *chunk], colWidths=list(WIDTHS), rowHeights=19.8)
        table.setStyle(style)
        table.wrapOn(page, 505, 800)
        height = 19.8 * (len(chunk) + 1)
        table.drawOn(page, 45, 842 - top - height)
        if number == len(chunks):
            _lines(page, 45, top + height + 20, [text for fact in told.closing for text in fact])
        _lines(page, 45, 816, [told.foot, f"第 {number} 页 / 共 {len(chunks)} 页 Page {number} of {len(chunks)}"])
        page.showPage()
    page.save()
    return out.getvalue()


def _reportlab_head(page: Any, snap: Snapshot, told: Said) -> float:
    if logo := Face(snap).logo:
        width, height = picture.logo(logo).size
        page.drawImage(str(_logo(logo)), 330, 842 - 26 - height, width, height)
    _lines(page, 45, 40, [*told.names, told.title, told.notice])
    for number, fact in enumerate(told.facts):
        _lines(page, 45 + 126 * number, 110, list(fact))
    for x, (title, name, facts) in zip((45, 310), told.parties, strict=True):
        _lines(page, x, 150, [title, name])
        _lines(page, x, 176, [label for label, _ in facts])
        _lines(page, x + 60, 176, [value for _, value in facts])
    side, dark = qr.modules(snap["verify_url"] or "")
    path = page.beginPath()
    for column, row, length in dark:
        path.rect(490 + column * 60 / side, 816 - (row + 1) * 60 / side, length * 60 / side, 60 / side)
    page.drawPath(path, fill=1, stroke=0)
    return 295


def _lines(page: Any, x: float, y: float, texts: list[str]) -> None:
    for number, text in enumerate(texts):
        page.setFont("sc-bold" if number == 0 else "sc", 8.2)
        page.drawString(x, 842 - y - 12 * number, text)


# typst: one template, data as JSON, one compiler per process.

_TYPST = """
#let d = json(bytes(sys.inputs.data))
#set document(title: d.number)
#set page(paper: "a4", margin: (x: 45pt, top: 26pt, bottom: 56pt), footer: context [#d.number #h(1fr)
  第 #counter(page).display() 页 / 共 #counter(page).final().at(0) 页])
#set text(font: "Noto Sans SC", size: 8.2pt, lang: "zh")
#let accent = rgb("#173b6b")
#grid(columns: (auto, 1fr, auto), column-gutter: 14pt,
  if d.logo != "" { image(d.logo, width: d.logo_width * 1pt) }, [*#d.names.at(0)* \\ #d.names.at(1)],
  image(bytes(d.qr), format: "svg", width: 60pt))
#text(23pt, weight: "bold", fill: accent)[#d.title] \\ #d.notice
#line(length: 100%, stroke: 0.8pt + accent)
#let small(x) = text(7.2pt, luma(42%), x)
#grid(columns: (1fr,) * 4, ..d.facts.map(f => [#small(f.at(0)) \\ *#f.at(1)*]))
#let party(p) = [#small(p.at(0)) \\ *#p.at(1)* #grid(columns: (50pt, 1fr), row-gutter: 4pt,
  ..p.at(2).map(f => (small(f.at(0)), f.at(1))).flatten())]
#grid(columns: (1fr, 1fr), ..d.parties.map(party))
#table(columns: d.widths.map(x => x * 1pt), align: (x, y) => if x < 4 { left } else { right }, inset: (x: 0pt, y: 5pt),
  stroke: (x, y) => (bottom: 0.4pt + luma(80%)), table.header(..d.head.map(x => strong(x))), ..d.rows.flatten())
#block(breakable: false)[#for f in d.closing [#small(f.at(0)) \\ #f.at(1) \\ ]]
"""


@cache
def _compiler() -> Any:
    import typst as library

    folder = _folder()
    return library.Compiler(
        input=str(folder / "main.typ"), root=str(folder), font_paths=[str(folder)], ignore_system_fonts=True
    )


def typst(snap: Snapshot) -> bytes:
    """Lays out everything itself, tables and lines."""
    logo = Face(snap).logo
    data = {
        **said(snap)._asdict(), "number": snap["number"], "widths": WIDTHS, "qr": _svg(snap),
        "logo": _logo(logo).name if logo else "", "logo_width": picture.logo(logo).size[0] if logo else 0,
    }  # fmt: skip
    compiled = _compiler().compile(format="pdf", sys_inputs={"data": json.dumps(data, ensure_ascii=False)})
    return bytes(compiled)


def _svg(snap: Snapshot) -> str:
    side, dark = qr.modules(snap["verify_url"] or "")
    path = "".join(f"M{column} {row}h{length}v1h-{length}z" for column, row, length in dark)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"><path d="{path}"/></svg>'


# weasyprint: one page of HTML, its style sheet parsed once.

_CSS = """@font-face{font-family:sc;src:url(%s);font-weight:400}@font-face{font-family:sc;src:url(%s);font-weight:700}
@page{size:A4;margin:26pt 45pt 56pt;
@bottom-right{font:7pt sc;content:"第 " counter(page) " 页 / 共 " counter(pages) " 页"}}
body{font:8.2pt sc;margin:0}h1{font-size:23pt;color:#173b6b;margin:0}table{border-collapse:collapse;width:100%%}
.l td,.l th{padding:4pt 0;border-bottom:.4pt solid #ccc;text-align:left}.l :nth-child(n+5){text-align:right}
thead{display:table-header-group}.end{break-inside:avoid}"""


@cache
def _style() -> tuple[Any, Any]:
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    configuration = FontConfiguration()
    urls = tuple((_folder() / f"{name}.ttf").as_uri() for name in ("sc", "sc-bold"))
    return CSS(string=_CSS % urls, font_config=configuration), configuration


def weasyprint(snap: Snapshot) -> bytes:
    """HTML and CSS."""
    from weasyprint import HTML

    style, configuration = _style()
    return bytes(HTML(string=_html(snap)).write_pdf(stylesheets=[style], font_config=configuration))


def _html(snap: Snapshot) -> str:
    logo, told = Face(snap).logo, said(snap)
    image = f'<img src="{_data_url(logo)}" style="width:{picture.logo(logo).size[0]}pt">' if logo else ""
    parties = "".join(
        f"<td>{title}<br><b>{escape(name)}</b><table>{''.join(map(_row, facts))}</table>"
        for title, name, facts in told.parties
    )
    facts, closing = ("".join(f"<td>{label}<br><b>{escape(value)}</b>" for label, value in each)
                      for each in (told.facts, told.closing))  # fmt: skip
    return f"""<html lang=zh-CN><title>{told.foot}</title><table><tr><td>{image}
<td><b>{escape(told.names[0])}</b><br>{escape(told.names[1])}<td width=60>{_svg(snap)}</table>
<h1>{told.title}</h1>{told.notice}<hr><table><tr>{facts}</table><table><tr>{parties}</table>
<table class=l><thead><tr>{"".join(f"<th>{name}" for name in told.head)}</thead>{"".join(map(_row, told.rows))}</table>
<table class=end><tr>{closing}</table>"""


def _row(cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<td>{escape(cell)}' for cell in cells)}"


@cache
def _data_url(sha256: str) -> str:
    return f"data:image/png;base64,{base64.b64encode(storage.get(sha256)).decode()}"
