"""Model folders: what is written, what is checked before a line of it is believed."""

from .folder import MANIFEST, load, read_manifest, save

__all__ = ["MANIFEST", "load", "read_manifest", "save"]
