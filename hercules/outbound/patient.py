"""A client that waits where its desk asks it to, so that a long list is read to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from hercules.calling import Answer, Client
from hercules.model import DeskPaused

WAITS_MAX = 5
UNTOLD_S = 30.0
SHORTEST_S = 1.0


class PatientClient:
    """`client`, and where the desk asks to wait, or is left alone, the same request again after that.

    `pause` waits so many seconds and gives True when it is to end: then, and after five waits in a row, the
    answer is what it is. For a thread that has nothing else to do.
    """

    def __init__(self, client: Client, pause: Callable[[float], bool]) -> None:
        self._client, self._pause = client, pause

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
        """One request, `deadline_s` for each try. Raises DeskError as `client` does."""

        def once() -> Answer:
            return self._client.send(
                method,
                url,
                headers=headers,
                body=body,
                deadline_s=deadline_s,
                answer_max_bytes=answer_max_bytes,
            )

        for _ in range(WAITS_MAX):
            try:
                answer = once()
            except DeskPaused as paused:
                wait_s = paused.retry_after_s
            else:
                if not answer.asks_to_wait:
                    return answer
                wait_s = answer.retry_after_s
            if self._pause(max(UNTOLD_S if wait_s is None else wait_s, SHORTEST_S)):
                break
        return once()

    def stream(
        self, url: str, *, headers: Mapping[str, str], limit_bytes: int, deadline_s: float
    ) -> Iterator[bytes]:
        """A file, as `client` gives it."""
        return self._client.stream(url, headers=headers, limit_bytes=limit_bytes, deadline_s=deadline_s)
