"""What a text means: reading, features, classifiers, calibration, units, evidence, model folders."""

from __future__ import annotations

from .artifact import folder as artifact
from .case import Case, Submission, Suggestion
from .router import Router

__all__ = ["Case", "Router", "Submission", "Suggestion", "artifact"]
