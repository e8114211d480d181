"""usearch's index, loaded so that torch can be loaded after it.

usearch carries a C++ runtime of its own and lends parts of it to every library loaded later; torch
then waits for ever the first time it writes a number (seen when a model is traced). With the
system's runtime loaded for all before, both use that one.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys

if sys.platform == "linux":
    with contextlib.suppress(OSError):  # a system without it has no torch either
        ctypes.CDLL("libstdc++.so.6", ctypes.RTLD_GLOBAL)

from usearch.compiled import MetricKind, ScalarKind
from usearch.index import BatchMatches, Index

__all__ = ["BatchMatches", "Index", "MetricKind", "ScalarKind"]
