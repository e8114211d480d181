"""What a text means: reading, features, classifiers, calibration, units, evidence, model folders."""

from __future__ import annotations

from fenban.model import artifact
from fenban.model.case import Case, Submission, Suggestion
from fenban.model.router import Router

__all__ = ["Case", "Router", "Submission", "Suggestion", "artifact"]
