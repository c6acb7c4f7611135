"""Numbers for a monitoring system, in the text format of Prometheus.

Counts are per process: behind several web processes each is asked on its own. Rooms register gauges of the business
with `register_gauge`; they are asked when somebody looks, never in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_registry = CollectorRegistry()
_requests = Counter(
    "backoffice_http_requests", "Requests answered.", ["endpoint", "method", "status"], registry=_registry
)
_durations = Histogram(
    "backoffice_http_request_seconds",
    "Time from the request to its answer.",
    ["endpoint"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    registry=_registry,
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Measure = Callable[[], float | None]
Measures = Callable[[], Mapping[str, float]]


class _Gauges(Collector):
    """Asks each registered callable at the moment of the scrape."""

    def __init__(self) -> None:
        self.measures: dict[str, tuple[str, Measure]] = {}
        self.families: dict[str, tuple[str, str, Measures]] = {}

    def collect(self) -> Iterator[Metric]:
        for name, (description, measure) in self.measures.items():
            value = measure()
            if value is not None:
                yield GaugeMetricFamily(name, description, value=value)
        for name, (description, label, measures) in self.families.items():
            family = GaugeMetricFamily(name, description, labels=[label])
            for of, value in measures().items():
                family.add_metric([of], value)
            yield family

    def describe(self) -> Iterator[Metric]:
        return iter(())  # asked at registration, when no database is there yet


_gauges = _Gauges()
_registry.register(_gauges)


def register_gauge(name: str, description: str, measure: Measure) -> None:
    """Show `measure()` under `name`, with a reader's database session at hand; None leaves the line out.

    Registering a name again replaces its measure, so that several applications may live in one process.
    """
    _gauges.measures[name] = (description, measure)


def register_gauges(name: str, description: str, label: str, measures: Measures) -> None:
    """The same for one gauge of each of several things, told apart by `label`."""
    _gauges.families[name] = (description, label, measures)


def count_request(endpoint: str | None, method: str, status: int, seconds: float) -> None:
    """Count one answered request. Addresses and methods nobody knows are counted as one: scanners try thousands."""
    number, duration = _counted(endpoint or "(none)", method if method in _METHODS else "(other)", status)
    number.inc()
    duration.observe(seconds)


# As many as there are lines in the exposition; to look one up there takes longer than to count.
@cache
def _counted(endpoint: str, method: str, status: int) -> tuple[Counter, Histogram]:
    return _requests.labels(endpoint, method, str(status)), _durations.labels(endpoint)


def exposition() -> bytes:
    """Everything measured, as a scrape wants it."""
    return generate_latest(_registry)
