"""Any desk that can send and receive HTTP: proof, field-path map and requests are all settings."""

from hercules.desks.generic.adapter import GenericDesk
from hercules.desks.generic.config import GenericSettings, read_settings

__all__ = ["GenericDesk", "GenericSettings", "read_settings"]
