"""What the reading of one upload may cost."""

from __future__ import annotations

from dataclasses import dataclass

_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one reading.

    Attributes:
        seconds: by the clock, from start to answer; then the process is killed.
        cpu_seconds: of the processor.
        memory: bytes beyond what the process takes before it looks at the upload.
        answer: bytes of the answer as JSON.
    """

    seconds: float
    cpu_seconds: int
    memory: int
    answer: int


DOCUMENT = Limits(seconds=10, cpu_seconds=8, memory=256 * _MB, answer=4 * _MB)
DIRECTORY_LIST = Limits(seconds=40, cpu_seconds=30, memory=512 * _MB, answer=64 * _MB)
