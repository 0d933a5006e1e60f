"""Functions of arrays as they are written, by their parameters: ``W @ x``, Wᵀ, ``Σ(B, axis=0)``, ``x[0, :]``, ‖x‖."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from compgraph.arrays.rows import Bound
from compgraph.notation.arrays import index, parameter, shape
from compgraph.notation.names import plain_latex
from compgraph.notation.writing import BoundForm, Form, Level, Piece, enclosed, infix

__all__ = ["latex_rows", "pretty_rows", "spoken_rows", "typed_rows"]

Call = Callable[[str, Sequence[Piece]], Piece]
Forms = Mapping[str, Callable[[Mapping[str, Any], Sequence[Piece]], Piece]]

#: Functions whose NumPy name differs from that of their row.
_CALLED = {"amax": "max", "amin": "min"}

#: The axis that a function takes where it is told none.
_USUAL = {"softmax": -1, "log_softmax": -1, "concatenate": 0, "stack": 0}


def typed_rows(call: Call, bracket: Form) -> BoundForm:
    """As Python has it."""
    times = infix(" @ ", Level.MATRIX, Level.MATRIX, Level.SIGN, bracket)
    return _bound(
        call,
        {
            "matmul": lambda _, o: times(o),
            "getitem": lambda p, o: _behind(o[0], bracket, f"[{index(p['index'])}]", Level.ATOM),
            "transpose": lambda p, o: (
                _behind(o[0], bracket, ".T", Level.ATOM) if not p else call("transpose", _with(p, o))
            ),
            "einsum": lambda p, o: call("einsum", [_words(parameter(p["subscripts"])), *o]),
            "concatenate": lambda p, o: call("concatenate", _with(p, [_listed(o)])),
            "stack": lambda p, o: call("stack", _with(p, [_listed(o)])),
        },
    )


def pretty_rows(call: Call, bracket: Form) -> BoundForm:
    """As a picture has it."""
    times = infix(" @ ", Level.MATRIX, Level.MATRIX, Level.SIGN, bracket)
    outer = infix(" ⊗ ", Level.PRODUCT, Level.SIGN, Level.SIGN, bracket)
    joined = infix(" · ", Level.MATRIX, Level.MATRIX, Level.MATRIX, bracket)
    norm = enclosed("‖", "", "‖", Level.ATOM)
    return _bound(
        call,
        {
            "matmul": lambda _, o: times(o),
            "outer": lambda _, o: outer(o),
            "kron": lambda _, o: outer(o),
            "joined": lambda _, o: joined(o),
            "inv": lambda _, o: _behind(o[0], bracket, "⁻¹", Level.POWER),
            "solve": lambda _, o: times((_behind(o[0], bracket, "⁻¹", Level.POWER), o[1])),
            "transpose": lambda p, o: (
                _behind(o[0], bracket, "ᵀ", Level.POWER) if not p else call("transpose", _with(p, o))
            ),
            "getitem": lambda p, o: _behind(o[0], bracket, f"[{index(p['index'])}]", Level.ATOM),
            "sum": lambda p, o: call("Σ", _with(p, o)),
            "norm": lambda p, o: norm(o) if not p else call("norm", _with(p, o)),
            "trace": lambda p, o: call("tr", o),
            "reshape": lambda p, o: call("reshape", [*o, _words(_shape(p["newshape"]))]),
            "broadcast_to": lambda p, o: call("repeat", [*o, _words(_shape(p["shape"]))]),
        },
    )


def latex_rows(call: Call, bracket: Form) -> BoundForm:
    """As a formula has it: W x for a product of matrices."""
    times = infix(r" \, ", Level.MATRIX, Level.MATRIX, Level.SIGN, bracket)
    outer = infix(r" \otimes ", Level.PRODUCT, Level.SIGN, Level.SIGN, bracket)
    joined = infix(r" \, ", Level.MATRIX, Level.MATRIX, Level.MATRIX, bracket)
    norm = enclosed(r"\left\| ", "", r" \right\|", Level.ATOM)

    def words(p: Mapping[str, Any], o: Sequence[Piece]) -> list[Piece]:
        return _with(p, o, plain_latex)

    def summed(p: Mapping[str, Any], o: Sequence[Piece]) -> Piece:
        below = [f"{_plain_key(key)}{parameter(value)}" for key, value in p.items()]
        sign = r"\sum" + (f"_{{{plain_latex(', '.join(below))}}}" if below else "") + " "
        return Piece((sign, bracket(o).parts), Level.CALL, sign, o[0].tall)

    return _bound(
        call,
        {
            "matmul": lambda _, o: times(o),
            "outer": lambda _, o: outer(o),
            "kron": lambda _, o: outer(o),
            "joined": lambda _, o: joined(o),
            "inv": lambda _, o: _behind(o[0], bracket, "^{-1}", Level.POWER),
            "solve": lambda _, o: times((_behind(o[0], bracket, "^{-1}", Level.POWER), o[1])),
            "transpose": lambda p, o: (
                _behind(o[0], bracket, r"^{\mathsf{T}}", Level.POWER) if not p else call("transpose", words(p, o))
            ),
            "getitem": lambda p, o: _behind(o[0], bracket, f"_{{{plain_latex(index(p['index']))}}}", Level.POWER),
            "sum": summed,
            "norm": lambda p, o: norm(o) if not p else call("norm", words(p, o)),
            "trace": lambda p, o: call("tr", o),
            "reshape": lambda p, o: call("reshape", [*o, _words(_shape(p["newshape"], "latex"))]),
            "broadcast_to": lambda p, o: call("repeat", [*o, _words(_shape(p["shape"], "latex"))]),
        },
        plain_latex,
    )


def spoken_rows(call: Call, bracket: Form) -> BoundForm:
    """As it is said."""

    def phrase(before: str, between: str = "") -> Callable[[Mapping[str, Any], Sequence[Piece]], Piece]:
        def said(p: Mapping[str, Any], o: Sequence[Piece]) -> Piece:
            inside = [(a if a.level >= Level.CALL else bracket([a])).parts for a in o]
            parts = [part for a in inside for part in (between, a)][1:]
            further = [f" over {key} {parameter(value)}" for key, value in p.items()]
            return Piece((before, *parts, *further), Level.CALL, before)

        return said

    def over(word: str) -> Callable[[Mapping[str, Any], Sequence[Piece]], Piece]:
        return lambda p, o: _behind(o[0], bracket, word, Level.POWER)

    return _bound(
        call,
        {
            "matmul": phrase("the matrix product of ", " and "),
            "outer": phrase("the outer product of ", " and "),
            "kron": phrase("the Kronecker product of ", " and "),
            "joined": phrase("", " times "),
            "diag": phrase("the diagonal matrix of "),
            "sum": phrase("the sum of "),
            "mean": phrase("the mean of "),
            "norm": phrase("the norm of "),
            "trace": phrase("the trace of "),
            "det": phrase("the determinant of "),
            "inv": phrase("the inverse of "),
            "solve": phrase("the solution of the system ", " with right side "),
            "transpose": over(" transposed"),
            "getitem": lambda p, o: _behind(o[0], bracket, f" at {_said(index(p['index']))}", Level.POWER),
        },
    )


def _bound(call: Call, forms: Forms, word: Callable[[str], str] = str) -> BoundForm:
    """The form of every row: one of `forms`, or a call with the parameters behind the arguments."""

    def written(bound: Bound, operands: Sequence[Piece]) -> Piece:
        own = forms.get(bound.name)
        if own is not None:
            return own(bound.parameters, operands)
        name, given = _CALLED.get(bound.name, bound.name), dict(bound.parameters)
        if name == "rearrange":  # any function of NumPy that only moves entries
            name = given.pop("function")
            further = [_words(word(parameter(one))) for one in given.pop("arguments", ())]
            return call(name, _with(given.pop("keywords", None) or {}, [*operands, *further], word))
        if name == "einsum":
            return call(name, [_words(word(given["subscripts"].replace("->", " → "))), *operands])
        if given.get("axis") == _USUAL.get(name, ...):
            del given["axis"]
        return call(name, _with(given, operands, word))

    return written


def _with(parameters: Mapping[str, Any], operands: Sequence[Piece], word: Callable[[str], str] = str) -> list[Piece]:
    """The arguments, and behind them the parameters that say something."""
    return [*operands, *[_words(word(f"{_plain_key(key)}{parameter(v)}")) for key, v in parameters.items()]]


def _plain_key(key: str) -> str:
    return "" if key in ("newshape", "shape", "pad_width", "size") else f"{key}="


def _said(index: str) -> str:
    """An index in words: 0, all; 1 to 3; a colon that ends nowhere is an end."""
    parts = [part.strip() for part in index.split(",")]
    return ", ".join("all" if part == ":" else part.replace(":", " to ").strip() for part in parts)


def _words(written: str) -> Piece:
    return Piece(written, Level.ATOM, written)


def _shape(lengths: Any, style: Any = "text") -> str:
    return shape((lengths,) if isinstance(lengths, int) else lengths, style)


def _listed(operands: Sequence[Piece]) -> Piece:
    parts = [part for a in operands for part in (", ", a.parts)][1:]
    return Piece(("[", *parts, "]"), Level.ATOM, "[")


def _behind(operand: Piece, bracket: Form, mark: str, level: Level) -> Piece:
    """An operand with a mark behind it: an index, an exponent."""
    operand = operand if operand.level >= Level.ATOM else bracket([operand])
    return Piece((operand.parts, mark), level, operand.opens, operand.tall)
