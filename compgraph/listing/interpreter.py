"""The machine's loop: a flat array of instructions, interpreted. Compiled once by numba, whatever the program.

It is written in what numba understands, and nothing else: no objects, no exceptions. A result that is not finite
ends it, where the guard of the instruction holds, since that may be an error, which is for others to explain.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["interpret"]

# What never fails comes first, the most frequent at the front.
(
    MULTIPLY, ADD, MULTIPLY_ADD, SUBTRACT, MULTIPLY_SUBTRACT, NEGATE, CHOOSE, ABS, MAX, MIN,
    LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL, NOT_EQUAL, AND, OR, NOT,
    DIVIDE, POWER, SQRT, CBRT, HYPOT, EXP, EXP2, EXPM1, LOG, LOG2, LOG10, LOG1P,
    SIN, COS, TAN, ASIN, ACOS, ATAN, ATAN2, SINH, COSH, TANH, ASINH, ACOSH, ATANH, ERF, ERFC,
) = range(46)  # fmt: skip


def interpret(code: Any, w: Any, lanes: Any, given: Any, results: Any, out: Any) -> bool:
    """Run the program at every point; False as soon as something is not finite.

    Parameters
    ----------
    code : array of uint32, shape (instructions, 6)
        Operation, target, three operands, and the guard: all but the first are rows of `w`.
    w : array, shape (rows, lanes)
        The inputs, literals and results at as many points as there are lanes.
    lanes : tuple
        Only its length counts: known when this is compiled, it makes straight code of the loops over points.
    given : array, shape (inputs, points)
    results : array of uint32
        The rows of the results.
    out : array, shape (results, points)
    """
    width = len(lanes)
    points = given.shape[1]
    for start in range(0, points, width):
        here = min(width, points - start)
        for j in range(given.shape[0]):
            for p in range(width):  # points beyond the last are the last once more
                w[j, p] = given[j, start + min(p, here - 1)]
        for i in range(code.shape[0]):
            op, t, a, b, c = code[i, 0], code[i, 1], code[i, 2], code[i, 3], code[i, 4]
            if op == MULTIPLY_ADD:
                for p in range(width):
                    w[t, p] = w[a, p] + w[b, p] * w[c, p]
                continue
            if op < DIVIDE:
                if op == MULTIPLY:
                    for p in range(width):
                        w[t, p] = w[a, p] * w[b, p]
                elif op == ADD:
                    for p in range(width):
                        w[t, p] = w[a, p] + w[b, p]
                elif op == SUBTRACT:
                    for p in range(width):
                        w[t, p] = w[a, p] - w[b, p]
                elif op == MULTIPLY_SUBTRACT:
                    for p in range(width):
                        w[t, p] = w[a, p] - w[b, p] * w[c, p]
                elif op == NEGATE:
                    for p in range(width):
                        w[t, p] = -w[a, p]
                elif op == CHOOSE:
                    for p in range(width):
                        w[t, p] = w[b, p] if w[a, p] != 0.0 else w[c, p]
                elif op == ABS:
                    for p in range(width):
                        w[t, p] = abs(w[a, p])
                elif op == MAX:
                    for p in range(width):
                        w[t, p] = w[a, p] if w[a, p] >= w[b, p] else w[b, p]
                elif op == MIN:
                    for p in range(width):
                        w[t, p] = w[a, p] if w[a, p] <= w[b, p] else w[b, p]
                elif op == LESS:
                    for p in range(width):
                        w[t, p] = 1.0 if w[a, p] < w[b, p] else 0.0
                elif op == LESS_EQUAL:
                    for p in range(width):
                        w[t, p] = 1.0 if w[a, p] <= w[b, p] else 0.0
                elif op == GREATER:
                    for p in range(width):
                        w[t, p] = 1.0 if w[a, p] > w[b, p] else 0.0
                elif op == GREATER_EQUAL:
                    for p in range(width):
                        w[t, p] = 1.0 if w[a, p] >= w[b, p] else 0.0
                elif op == EQUAL:
                    for p in range(width):
                        w[t, p] = 1.0 if w[a, p] == w[b, p] else 0.0
                elif op == NOT_EQUAL:
                    for p in range(width):
                        w[t, p] = 1.0 if w[a, p] != w[b, p] else 0.0
                elif op == AND:
                    for p in range(width):
                        w[t, p] = 1.0 if w[a, p] != 0.0 and w[b, p] != 0.0 else 0.0
                elif op == OR:
                    for p in range(width):
                        w[t, p] = 1.0 if w[a, p] != 0.0 or w[b, p] != 0.0 else 0.0
                else:
                    for p in range(width):
                        w[t, p] = 1.0 if w[a, p] == 0.0 else 0.0
                continue
            if op == DIVIDE:
                for p in range(width):
                    w[t, p] = w[a, p] / w[b, p]
            elif op == POWER:
                for p in range(width):
                    w[t, p] = math.pow(w[a, p], w[b, p])
            elif op == SQRT:
                for p in range(width):
                    w[t, p] = math.sqrt(w[a, p])
            elif op == CBRT:
                for p in range(width):
                    w[t, p] = np.cbrt(w[a, p])
            elif op == HYPOT:
                for p in range(width):
                    w[t, p] = math.hypot(w[a, p], w[b, p])
            elif op == EXP:
                for p in range(width):
                    w[t, p] = math.exp(w[a, p])
            elif op == EXP2:
                for p in range(width):
                    w[t, p] = np.exp2(w[a, p])
            elif op == EXPM1:
                for p in range(width):
                    w[t, p] = math.expm1(w[a, p])
            elif op == LOG:
                for p in range(width):
                    w[t, p] = math.log(w[a, p])
            elif op == LOG2:
                for p in range(width):
                    w[t, p] = math.log2(w[a, p])
            elif op == LOG10:
                for p in range(width):
                    w[t, p] = math.log10(w[a, p])
            elif op == LOG1P:
                for p in range(width):
                    w[t, p] = math.log1p(w[a, p])
            elif op == SIN:
                for p in range(width):
                    w[t, p] = math.sin(w[a, p])
            elif op == COS:
                for p in range(width):
                    w[t, p] = math.cos(w[a, p])
            elif op == TAN:
                for p in range(width):
                    w[t, p] = math.tan(w[a, p])
            elif op == ASIN:
                for p in range(width):
                    w[t, p] = math.asin(w[a, p])
            elif op == ACOS:
                for p in range(width):
                    w[t, p] = math.acos(w[a, p])
            elif op == ATAN:
                for p in range(width):
                    w[t, p] = math.atan(w[a, p])
            elif op == ATAN2:
                for p in range(width):  # the origin has no direction
                    w[t, p] = math.nan if w[a, p] == 0.0 and w[b, p] == 0.0 else math.atan2(w[a, p], w[b, p])
            elif op == SINH:
                for p in range(width):
                    w[t, p] = math.sinh(w[a, p])
            elif op == COSH:
                for p in range(width):
                    w[t, p] = math.cosh(w[a, p])
            elif op == TANH:
                for p in range(width):
                    w[t, p] = math.tanh(w[a, p])
            elif op == ASINH:
                for p in range(width):
                    w[t, p] = math.asinh(w[a, p])
            elif op == ACOSH:
                for p in range(width):
                    w[t, p] = math.acosh(w[a, p])
            elif op == ATANH:
                for p in range(width):
                    w[t, p] = math.atanh(w[a, p])
            elif op == ERF:
                for p in range(width):
                    w[t, p] = math.erf(w[a, p])
            else:
                for p in range(width):
                    w[t, p] = math.erfc(w[a, p])
            failed = False
            guard = code[i, 5]
            for p in range(width):
                failed |= (w[t, p] - w[t, p] != 0.0) & (w[guard, p] != 0.0)
            if failed:
                return False
        for j in range(len(results)):
            for p in range(here):
                out[j, start + p] = w[results[j], p]
    return True
