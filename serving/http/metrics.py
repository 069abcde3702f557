"""What Prometheus reads at `/metrics`."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from .service import Service

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)


class Metrics:
    """Counters of one server."""

    def __init__(self, service: Service) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "cartograph_http_request_seconds",
            "Time from a request to its answer.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._requests = Counter(
            "cartograph_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "cartograph_http_in_flight", "Requests being answered.", registry=self.registry
        )
        self.events = Counter("cartograph_events_added", "Events added.", registry=self.registry)
        self.products = Counter("cartograph_products_added", "Products added.", registry=self.registry)
        self.forgotten = Counter("cartograph_users_forgotten", "Users deleted.", registry=self.registry)
        self.reloads = Counter("cartograph_reloads", "Runs exchanged.", registry=self.registry)
        ready = Gauge("cartograph_ready", "1 when the run is loaded.", registry=self.registry)
        ready.set_function(lambda: float(service.ready))
        age = Gauge("cartograph_run_age_seconds", "Time since the run was trained.", registry=self.registry)
        age.set_function(lambda: time.time() - service.trained_at if service.ready else float("nan"))

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; methods that do not exist are counted as one."""
        method = method if method in _METHODS else "other"
        self._seconds.labels(method, route).observe(seconds)
        self._requests.labels(method, route, str(status)).inc()

    def text(self) -> bytes:
        """All of them, in Prometheus' text format."""
        return generate_latest(self.registry)
