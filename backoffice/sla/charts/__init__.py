"""Charts as geometry: one drawing becomes SVG on a page (templates/components/plot.html) and PDF in a report.

    chart     what a chart says: series of points with label, value, address and words
    text      how wide words may become, cut and wrapped on the safe side
    scale     round ticks, and where a value stands
    drawing   what comes out: boxes, curves, areas and labels in units of which a letter is 12 high
    labels    names that neither overlap nor leave the drawing: thinned, never turned
    frame     margins, scale and names around the plot
    columns   columns alone, side by side, or stacked
    lines     lines, also with a target, and stacked areas
    plot      one chart to its drawings

Standard library only; words come in ready, in the reader's language.
"""
