"""Our own HTTP requests: listed hosts only, addresses judged, deadlines, budgets, and a breaker each."""

from hercules.outbound.breaker import Breaker, BreakerLimits, BreakerState, Phase
from hercules.outbound.breaking import BreakingClient
from hercules.outbound.client import OutboundClient, retry_after
from hercules.outbound.patient import PatientClient
from hercules.outbound.wire import address_allowed, resolve

__all__ = [
    "Breaker",
    "BreakerLimits",
    "BreakerState",
    "BreakingClient",
    "OutboundClient",
    "PatientClient",
    "Phase",
    "address_allowed",
    "resolve",
    "retry_after",
]
