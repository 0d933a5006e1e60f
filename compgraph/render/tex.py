r"""Lines of a picture as LaTeX: the same text, with formulas set as formulas, and nothing in it that is a command.

pdfTeX sets what its fonts have; another character stands as its number in a frame there (``\codepoint``, which the
document defines), and as itself with LuaTeX and XeTeX, so that a name never keeps a picture from being printed.
"""

from __future__ import annotations

import re
import unicodedata

from compgraph.notation import name_latex
from compgraph.render.runs import Runs, clean, joined

__all__ = ["escaped", "formula", "line"]

_LETTERS = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ"
_GREEK = {letter: name_latex(letter) for letter in _LETTERS}
_MATHS = _GREEK | {
    "∂": r"\partial", "−": "-", "·": r"\cdot", "×": r"\times", "÷": r"\div", "→": r"\to", "√": r"\surd", "≤": r"\leq",
    "≥": r"\geq", "≠": r"\neq", "≈": r"\approx", "∞": r"\infty", "∧": r"\wedge", "∨": r"\vee", "¬": r"\neg",
    "←": r"\leftarrow", "↔": r"\leftrightarrow", "⇒": r"\Rightarrow", "⊗": r"\otimes", "⊕": r"\oplus", "⊙": r"\odot",
    "∘": r"\circ", "∗": r"\ast", "⟨": r"\langle", "⟩": r"\rangle", "‖": r"\Vert", "∈": r"\in", "∝": r"\propto",
    "∑": r"\sum", "∏": r"\prod", "ℓ": r"\ell", "⊤": r"\top", "⊥": r"\bot", "ϵ": r"\epsilon", "ϕ": r"\phi",
    "′": r"{}^{\prime}", "…": r"\ldots", "<": "<", ">": ">", "|": r"\vert", "*": r"\ast", "±": r"\pm", "∇": r"\nabla",
}  # fmt: skip
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "-": "{-}", "`": r"\textasciigrave{}", "'": "{'}",
    '"': "{''}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", ",": "{,}", "?": "{?}", "!": "{!}",
    "—": r"\textemdash{}", "–": r"\textendash{}", "\u00a0": "~", "[": "{[}", "]": "{]}",
}  # fmt: skip
_RAISED = dict(
    zip(
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀ",
        "0123456789-+=()abcdefghijklmnoprstuvwxyzT",
        strict=True,
    )
)
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789aehijklmnoprstuvx", strict=True)) | {
    "ᵦ": r"\beta ",
    "ᵧ": r"\gamma ",
    "ᵨ": r"\rho ",
    "ᵩ": r"\varphi ",
    "ᵪ": r"\chi ",
}


def escaped(words: str) -> str:
    r"""Text in which nothing is a command.

    Examples
    --------
    >>> print(escaped("50% of $x_1$ − ∂L"))
    50\% of \$x\_1\$ $-$ $\partial$L
    """
    return "".join(map(_character, unicodedata.normalize("NFC", clean(words))))


def _character(c: str) -> str:
    if c in _SPECIAL:
        return _SPECIAL[c]
    if c.isascii():
        return c
    if c in _MATHS:
        return f"${_MATHS[c]}$"
    if c in _RAISED or c in _LOWERED:
        return f"$^{{{_RAISED[c]}}}$" if c in _RAISED else f"$_{{{_LOWERED[c]}}}$"
    return _letter(c)


def _letter(c: str) -> str:
    """A character as it is, where every TeX knows it: the letters of Western and Central Europe."""
    known = "\u00c0" <= c <= "\u017e" and unicodedata.decomposition(c)[:1] not in ("<", "")
    return c if known or c in "ÆæØøßŒœŁł" else rf"\codepoint{{{ord(c):04X}}}"


def formula(runs: Runs) -> str:
    r"""A line of text in two styles for math mode: letters alone in italics, words upright, nothing else a command.

    Examples
    --------
    >>> print(formula(("", "u", "₁ = sin(", "t", ")²")))
    u_{1}=\mathrm{sin}(t)^{2}
    >>> print(formula(("x^(n − 1)",)))
    x^{n-1}
    """
    parts: list[str] = []
    scripts = False  # whether an index or exponent has just ended
    words = unicodedata.normalize("NFC", clean(joined(runs))).strip()
    for token in _TOKEN.findall(_OPERATOR.sub(r"\1", words)):
        table = _RAISED if token[0] in _RAISED else _LOWERED if token[0] in _LOWERED else None
        script = ""
        if table is not None:
            script = "^_"[table is _LOWERED] + "{" + "".join(table[c] for c in token) + "}"
        elif token[0] == "^" and len(token) > 1:
            script = "^{" + formula((token[1:].removeprefix("(").removesuffix(")"),)) + "}"
        parts.append((f"{{}}{script}" if scripts else script) if script else _mathematical(token))
        scripts = bool(script)
    return "".join(parts)


#: A name with a short index, as x_max and net_h1; and not the name of a semiring.
_INDEXED = r"(?<![A-Za-z0-9_])(?![A-Z]{2})[A-Za-z]+_[A-Za-z0-9]{1,3}(?![A-Za-z0-9_])"

#: An exponent that is written out, in brackets or without.
_EXPONENT = r"\^\([^()]+\)|\^[^\W_]+(?:\.\d+)?"

_TOKEN = re.compile(
    rf"{_INDEXED}|{_EXPONENT}|[{''.join(_RAISED)}]+|[{''.join(_LOWERED)}]+|[^\W\d_{''.join(_RAISED)}{''.join(_LOWERED)}{''.join(_GREEK)}]+|."
)


#: TeX knows how much room there is around these.
_OPERATOR = re.compile(r"\s*([=+−·→←⊗<>≤≥≠≈∧∨/,])\s*")


def _mathematical(token: str) -> str:
    if "_" in token[1:]:
        return name_latex(token)
    if token in _MATHS:
        return _MATHS[token] + (" " if _MATHS[token][0] == "\\" else "")
    if token.isspace():
        return "\\ "
    if len(token) == 1 and (token.isascii() and (token.isalnum() or token in "()+=/.:;*[]!")):
        return token
    if token == ",":
        return ",\\,"
    if token == "-":
        return "{-}"
    if token.isascii() and token.isalpha():
        return rf"\mathrm{{{token}}}"
    return rf"\text{{{''.join(map(_character, token))}}}"


def line(runs: Runs) -> str:
    r"""A line of words and formulas for a paragraph: formulas in math mode, words as they are.

    Examples
    --------
    >>> print(line(("", "t", " is used twice: ∂", "J", "/∂", "t", " = 2.79.")))
    $t$ is used twice: $\partial J/\partial t=2.79$.
    """
    parts: list[str] = []
    pending: list[str] = []
    for word, is_formula in [*_words(runs), ("", False)]:
        if is_formula:
            pending.append(word)
            if word[-1] not in ":;":
                continue
            word = ""
        if pending:
            told = " ".join(pending)
            stop = told[len(told.rstrip(".,:;")) :]  # which ends words as well, and is none of the formula
            told = told.removesuffix(stop)
            # a relation beside words has room on both sides
            before, after = (
                "{}" * bool(parts and told[:1] in _RELATIONS),
                "{}" * (bool(word) and told[-1:] in _RELATIONS),
            )
            parts.append((f"${before}{formula((told,))}{after}$" if told else "") + escaped(stop))
            pending = []
        if word:
            parts.append(escaped(word))
    return " ".join(parts)


_RELATIONS = "=≈·+−→<>≤≥≠"

#: What words have not: a derivative, a function called, a name with an index.
_FORMULA = re.compile(rf"∂|[^\W\d_]\(|{_INDEXED}")


def _words(runs: Runs) -> list[tuple[str, bool]]:
    """What stands between blanks, and whether it is a formula: with a variable or ∂ in it, or without any letter."""
    found: list[tuple[str, bool]] = []
    word, is_slanted = "", False
    for letter, slanted in [(c, bool(i % 2)) for i, run in enumerate(runs) for c in clean(run)] + [(" ", False)]:
        if not letter.isspace():
            word, is_slanted = word + letter, is_slanted or slanted
            continue
        if word:
            letters = any(c.isalpha() and c not in _RAISED and c not in _LOWERED for c in word)
            found.append((word, is_slanted or bool(_FORMULA.search(word)) or not letters))
        word, is_slanted = "", False
    return found
