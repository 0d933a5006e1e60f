"""Program transformation: Python source in, readable Python source with derivatives out.

`forward_source` is forward mode, `reverse_source` reverse mode. Nothing of the source is run. How it is done: `source`
finds a function and what its names stand for, `rules` says what the functions are that it calls, `routines` and
`activity` which names move with the inputs. Forward, `spelling` and `tangents` write an expression and its tangent,
`parts` gives a name to what would be repeated, `assignments` and `forward` go through the statements, and `layout`
keeps comments in their places. In reverse, `evaluating` and `unrolling` take the function apart into operations,
`reverse` adds the adjoints. `writing` writes partials in Python, `program` the whole.
"""

from __future__ import annotations

from compgraph.transform.program import forward_source
from compgraph.transform.reverse import reverse_source

__all__ = ["forward_source", "reverse_source"]
