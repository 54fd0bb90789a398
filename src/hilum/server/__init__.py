"""The server: runs answer over HTTP, with a page to look at; the library computes every answer.

The process that listens never decodes a file: that is done in child processes with limits
(`worker`), which it talks to in JSON (`channel`) and replaces when they fail (`pool`).
"""

from hilum.server.limits import Limits
from hilum.server.options import ServeOptions
from hilum.server.serve import serve

__all__ = ["Limits", "ServeOptions", "serve"]
