"""The guarded HTTP client: listed hosts only, addresses judged, one deadline and one byte budget a call."""

from hercules.outbound.client import Answer, OutboundClient, retry_after
from hercules.outbound.wire import address_allowed, resolve

__all__ = ["Answer", "OutboundClient", "address_allowed", "resolve", "retry_after"]
