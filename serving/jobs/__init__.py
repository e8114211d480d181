"""Use-cases with plain arguments, for the command line, the API and background jobs alike.

What there is stands in ``__init__.pyi``; each is loaded when it is first asked for, so that a command
waits for nothing but its own.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
