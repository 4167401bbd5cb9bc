"""Numbers for Prometheus, on the operator's listener only. No label ever holds an id, a name or an address.

What the web itself counts is counted as it happens; what the core knows is asked at each scrape. The runtime
makes one `Metrics` for both listeners and may register further collectors in its registry.
"""

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from node.clock import MS_PER_SECOND
from node.engine import commands
from node.web.api.operations import AnyOperation, Operation, Plain, Told
from node.web.asking import LINK_PATHS, OPERATOR, Answer, Asks

_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
# From a cached answer to one that a person gives up on.
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """All numbers of one node."""

    def __init__(self, *, version: str) -> None:
        self.registry = registry = CollectorRegistry()
        Info("hedgerow_build", "What runs here.", registry=registry).info({"version": version})
        self.requests = Counter(
            "hedgerow_http_requests",
            "Requests answered.",
            ["listener", "method", "status"],
            registry=registry,
        )
        self.request_seconds = Histogram(
            "hedgerow_http_request_duration_seconds",
            "How long answers took.",
            ["listener"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._entries = Gauge("hedgerow_entries", "Entries of all feeds held.", registry=registry)
        self._documents = Gauge(
            "hedgerow_documents", "Documents that can be found.", ["type", "audience"], registry=registry
        )
        self._federations = Gauge("hedgerow_federations", "Federations known.", registry=registry)
        self._peers = Gauge("hedgerow_peers", "Neighbours by state.", ["state"], registry=registry)
        self._last_sync = Gauge(
            "hedgerow_last_sync_timestamp_seconds",
            "When this node last held the same as a neighbour.",
            registry=registry,
        )
        self._missing = Gauge(
            "hedgerow_missing_feed_ends", "Ends of feeds that neighbours hold and we lack.", registry=registry
        )

    async def scrape(self, asks: Asks) -> str:
        """Ask the core for its numbers and write them all."""
        node = await asks.ask(commands.ShowNode())
        self._entries.set(node["entries"])
        self._documents.labels("listing", "public").set(node["listings"])
        self._federations.set(len(node["federations"]))
        self._set_peers(await asks.ask(commands.ListPeers()), await asks.ask(commands.PeerStatus()))
        return generate_latest(self.registry).decode("utf-8")

    def _set_peers(self, known: Answer, status: Answer) -> None:
        scopes = [scope for session in status["sessions"] for scope in session["scopes"]]
        equal = [scope["equal_since"] for scope in scopes if scope["equal_since"]]
        self._peers.labels("known").set(len(known["neighbours"]))
        self._peers.labels("connected").set(len({each["community"] for each in status["sessions"]}))
        self._peers.labels("stranger").set(len(known["strangers"]))
        self._missing.set(sum(scope["missing"] for scope in scopes))
        if equal:
            self._last_sync.set(max(equal) / MS_PER_SECOND)


METRICS: Final[web.AppKey[Metrics]] = web.AppKey("METRICS")


@web.middleware
async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count an answer and its time; other nodes' links, which last for days, are not answers."""
    if request.path in request.app[LINK_PATHS]:
        return await handler(request)
    metrics = request.app[METRICS]
    listener = "operator" if request.app[OPERATOR] else "public"
    with metrics.request_seconds.labels(listener).time():
        answer = await handler(request)
    method = request.method if request.method in _METHODS else "other"
    metrics.requests.labels(listener, method, str(answer.status)).inc()
    return answer


async def scrape(call: Plain) -> Told:
    """Write all numbers."""
    return Told(await call.request.app[METRICS].scrape(call))


OPERATION: Final[AnyOperation] = Operation(
    "scrapeMetrics",
    "GET",
    "/metrics",
    "Numbers for Prometheus",
    scrape,
    None,
    media=CONTENT_TYPE_PLAIN_0_0_4,
)
