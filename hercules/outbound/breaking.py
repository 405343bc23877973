"""A client that asks its desk only while the desk's breaker lets it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from hercules.calling import Answer
from hercules.outbound.breaker import Breaker
from hercules.outbound.client import OutboundClient


class BreakingClient:
    """`client` under `breaker`; calls to other hosts than the desk's own `hosts` neither count nor wait."""

    def __init__(self, client: OutboundClient, breaker: Breaker, hosts: Iterable[str]) -> None:
        self._client, self._breaker = client, breaker
        self._names = frozenset(host.lower() for host in hosts)

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        deadline_s: float,
        answer_max_bytes: int,
    ) -> Answer:
        """One request; see OutboundClient. Raises DeskPaused while the desk is not to be asked."""
        with self._breaker.call() as call:
            answer = self._client.send(
                method,
                url,
                headers=headers,
                body=body,
                deadline_s=deadline_s,
                answer_max_bytes=answer_max_bytes,
            )
            call.answered(answer)
            return answer

    def stream(
        self, url: str, *, headers: Mapping[str, str], limit_bytes: int, deadline_s: float
    ) -> Iterator[bytes]:
        """The body of a GET; see OutboundClient. Raises DeskPaused for the desk's own hosts only."""
        chunks = self._client.stream(url, headers=headers, limit_bytes=limit_bytes, deadline_s=deadline_s)
        if not self._own(url):
            yield from chunks
            return
        with self._breaker.call() as call:
            for chunk in chunks:
                call.outcome = "good"
                yield chunk
            call.outcome = "good"

    def _own(self, url: str) -> bool:
        try:
            return urlsplit(url).netloc.lower() in self._names
        except ValueError:  # the client tells what is wrong with it
            return False
