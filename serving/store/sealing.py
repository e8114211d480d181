"""Which tables are append-only: triggers that the migrations made refuse anything but a new row."""

from __future__ import annotations

from .tables.matters import APPEND_ONLY

SEALED = (*APPEND_ONLY, "audit", "suggestions", "purges")
