"""From tables of cases to models: reading, training, evaluating, comparing, keeping.

What others may use stands in ``__init__.pyi``; each name is loaded when it is first asked for, so that
``fenban --help`` waits for none of them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
