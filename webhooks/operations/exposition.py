"""Metrics in Prometheus's text format, with those of the process (CPU, memory, descriptors)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from webhooks.ops.counts import Family, Sample

if TYPE_CHECKING:
    from prometheus_client import Metric

#: Of the classic format, which every version of Prometheus reads.
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def load() -> None:
    """Import the library. Only a process with an `OPERATIONS_PORT` needs it."""
    expose([])


def expose(families: Iterable[Family]) -> bytes:
    """These families and those of the process."""
    from prometheus_client import REGISTRY, CollectorRegistry, generate_latest

    registry = CollectorRegistry()
    registry.register(_Collected(list(families)))
    return generate_latest(registry) + generate_latest(REGISTRY)


class _Collected:
    """A collector, as the library calls it."""

    def __init__(self, families: list[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """The families in the library's types."""
        return map(_metric, self._families)


def _metric(family: Family) -> Metric:
    from prometheus_client import Metric

    metric = Metric(family.name.removesuffix("_total"), family.help, family.kind)
    for sample in family.samples:
        labels = dict(zip(family.labels, sample.labels, strict=True))
        if family.kind == "histogram":
            _add_histogram(metric, family.name, labels, sample)
        else:
            metric.add_sample(family.name, labels, sample.value)
    return metric


def _add_histogram(metric: Metric, name: str, labels: dict[str, str], sample: Sample) -> None:
    for bound, count in sample.buckets:
        metric.add_sample(f"{name}_bucket", labels | {"le": bound}, count)
    metric.add_sample(f"{name}_count", labels, sample.buckets[-1][1])
    metric.add_sample(f"{name}_sum", labels, sample.value)
