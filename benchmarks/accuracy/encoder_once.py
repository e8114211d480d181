"""Makes the offline encoder and its checkpoint in a cache folder, once, before others are timed.

``python -m fenban.benchmarks.accuracy.encoder_once CACHE`` prints where the checkpoint is.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fenban.model.errors import FenbanError
from fenban.training.encoder.checkpoints import unpack_default
from fenban.training.encoder.folders import encoder_folder
from fenban.training.encoder.sources import DEFAULT, find_source


def main(arguments: list[str]) -> int:
    """Make both; return 1 with one line where a library is missing."""
    cache = Path(arguments[0])
    try:
        checkpoint = unpack_default(find_source(DEFAULT), cache)
        encoder_folder(DEFAULT, cache)
    except FenbanError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps({"checkpoint": str(checkpoint)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
