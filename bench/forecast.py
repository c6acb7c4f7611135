"""How far off the forecast of the backlog is, beside the naive one, on the demo's year and on a year of another seed.

Each forecast is begun on every fifth business day of the last half year and knows only what was before it; the error is
the mean distance, in requests, from what was open at the end of each of the ten business days ahead.

    python -m bench.forecast --seed 7      another year beside the demo's
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from backoffice import clock
from backoffice.calendars import queries as calendars
from backoffice.database import session
from backoffice.demo import story
from backoffice.requests.models import InvoiceRequest
from backoffice.sla import forecast
from backoffice.sla.forecast import Flow, History
from bench.ground import installed

DEMO_SEED, OTHER_SEED = 2026, 41


def run(seeds: Sequence[int] = (DEMO_SEED, OTHER_SEED)) -> None:
    """Print a row per year: both errors, the chosen forecast, and what it takes to make one."""
    print(f"{'seed':>5} {'requests':>8} {'mean open':>9} {'ours':>6} {'naive':>6} {'days':>5} {'shown':>9} {'ms':>6}")
    for seed in seeds:
        with installed("sqlite") as app, app.app_context():
            story.seed(app.config["BACKOFFICE_SETTINGS"], seed=seed)
            flows = _flows()
            history = History(flows, 0, calendars.current_calendar(), clock.today())
            began = time.perf_counter()
            told = forecast.forecast(history)
            took = (time.perf_counter() - began) * 1000
        assert told is not None
        errors = told.errors
        requests, usual = sum(flow.inflow for flow in flows), sum(history.backlog) / len(history.backlog)
        print(
            f"{seed:5} {requests:8} {usual:9.1f} {errors.seasonal:6.2f} {errors.naive:6.2f} {errors.count:5}"
            f" {errors.method:>9} {took:6.1f}",
            flush=True,
        )


def _flows() -> list[Flow]:
    zone = clock.zone()
    came, gone = Counter[date](), Counter[date]()
    for submitted_at, closed_at in session.execute(select(InvoiceRequest.submitted_at, InvoiceRequest.closed_at)):
        came[clock.local_date(submitted_at, zone)] += 1
        if closed_at is not None:
            gone[clock.local_date(closed_at, zone)] += 1
    return [Flow(day, came[day], gone[day]) for day in sorted(came | gone)]


def main() -> None:
    """Run with another year: `python -m bench.forecast --seed 7`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=OTHER_SEED)
    run((DEMO_SEED, parser.parse_args().seed))


if __name__ == "__main__":
    main()
