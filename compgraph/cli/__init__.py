"""The command ``compgraph``: solve a problem, film its sweep, list its paths, eliminate its nodes, check its gradient.

Exit codes: 0 done, 1 answered with a negative, 2 usage or input error (one message on standard error), 3 nothing
could be drawn for want of a component; 130 and 141 where a key or a closed pipe put an end to it, as in other tools.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence

from compgraph.cli.arguments import parser
from compgraph.terminal import say

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Examples
    --------
    >>> main(["solve", "f = x*y", "--at", "x=2", "y=3"])
    Values
      x = 2
      y = 3
      f = x·y = 6
    Derivatives of f
      ∂f/∂f = 1
      ∂f/∂y = 2
      ∂f/∂x = 3
    0
    """
    try:
        words = _spaced(sys.argv[1:] if argv is None else argv)
        arguments = parser(words[:1]).parse_args(words)
        agreed = arguments.run(arguments)
        sys.stdout.flush()
    except SystemExit as done:  # --help and --version
        return int(done.code or 0)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # nobody reads on; what is still buffered must not raise again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except ImportError as error:
        if (error.name or "compgraph").startswith("compgraph"):
            raise
        wanted = f"{error.name} is needed and is not there: install it with pip install compgraph."
        return _fail(error if "pip install" in str(error) else wanted, 3)
    except RuntimeError as error:
        from compgraph.render.layout import LayoutError

        if not isinstance(error, LayoutError):
            raise
        return _fail(error, 3)
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}." if error.filename else error, 2)
    except (ValueError, TypeError, ArithmeticError) as error:
        return _fail(error, 2)
    return 1 if agreed is False else 0


def _fail(message: object, code: int) -> int:
    say(f"compgraph: {message}", error=True)
    return code


def _spaced(argv: Iterable[str]) -> list[str]:
    """Arguments such as ``-x^2`` with a space in front, which keeps argparse from taking them for options."""
    return [f" {word}" if re.match(r"-(?![-oh]|$)", word) else word for word in argv]
