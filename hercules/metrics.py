"""The counters and histograms of /metrics, on a registry of their own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """Operations only; business numbers come from the reports. Labels never hold ticket, rule or person."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self.registry = registry
        self.deliveries = Counter(
            "hercules_deliveries", "Deliveries at the door", ["desk", "outcome"], registry=registry
        )
        self.ack = Histogram(
            "hercules_ack_seconds", "Time from request to answer", ["desk"], registry=registry
        )
        self.inbox_depth = Gauge("hercules_inbox_depth", "Deliveries to do", registry=registry)
        self.inbox_oldest = Gauge(
            "hercules_inbox_oldest_seconds", "Age of the oldest delivery to do", registry=registry
        )
        self.outbox_unknown = Gauge(
            "hercules_outbox_unknown", "Posts whose outcome waits for a person", registry=registry
        )
        self.tickets = Counter("hercules_tickets", "Tickets looked at", ["desk"], registry=registry)
        self.decisions = Counter(
            "hercules_decisions", "Decisions by policy", ["desk", "decision"], registry=registry
        )
        self.replies = Counter(
            "hercules_replies", "Notes and replies", ["desk", "visibility", "outcome"], registry=registry
        )
        self.loops = Counter("hercules_loops", "Own comments passed over", ["desk"], registry=registry)
        self.scan = Histogram("hercules_scan_seconds", "Reading and scanning a ticket", registry=registry)
        self.scan_bytes = Counter("hercules_scan_bytes", "Bytes scanned", registry=registry)
        self.search = Histogram("hercules_search_seconds", "Asking the index", registry=registry)
        self.limits = Counter("hercules_limits_hit", "Limits that were hit", ["limit"], registry=registry)
        self.rules_refused = Gauge("hercules_rules_refused", "Rule files with errors", registry=registry)
        self.breaker = Gauge(
            "hercules_desk_breaker",
            "Whether the desk is asked: 0 yes, 1 one call is out to see, 2 no",
            ["desk"],
            registry=registry,
        )
        self.reconcile_good = Gauge(
            "hercules_reconcile_good_timestamp_seconds",
            "When the last pass began that saw all that the desk lists",
            ["desk"],
            registry=registry,
        )
        self.reconcile_found = Counter(
            "hercules_reconcile_found", "Tickets with news that no delivery told", ["desk"], registry=registry
        )
        self.reconcile_failed = Counter(
            "hercules_reconcile_failed", "Passes over a desk's list that failed", ["desk"], registry=registry
        )
        self.reviews_waiting = Gauge(
            "hercules_reviews_waiting", "Suggestions that wait for a review", registry=registry
        )

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)
