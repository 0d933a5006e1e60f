"""Names as they are typeset: ``u1`` as u₁, ``alpha`` as α, and nothing in a name can break what it stands in.

A key of a graph stays as it was written; only its picture changes. Any key has one: what is not of the usual shape is
shown as it is, control characters as escapes, the middle of a very long one as an ellipsis.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

__all__ = ["name", "name_latex", "name_spoken", "plain", "plain_latex"]

_SPELLED = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega
    Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
"""
_GREEK = dict(zip(_SPELLED.split(), "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", strict=True))
_WORD = {letter: word for word, letter in _GREEK.items()}
_COMMAND = {letter: "\\" + {"epsilon": "varepsilon", "phi": "varphi"}.get(word, word) for letter, word in _WORD.items()}

_LOWER = "0123456789aehijklmnoprstuvxβγρφχ"
_SUBSCRIPT = str.maketrans(_LOWER, "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ")
_UNSUBSCRIPT = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

_SHAPE = re.compile(
    r"(?P<base>[^\W\d_]+)(?P<primes>'*)"
    r"(?:_?(?P<digits>[0-9]+)|_(?P<index>[^\W_][^\W]*))?(?:\[(?P<entry>[\w, :]+)\])?"
    r"(?:\.(?P<version>[0-9]+))?"
)

#: What has a meaning in LaTeX, as a picture of itself that is good in math mode everywhere: TeX, MathJax, mathtext.
_ESCAPED = {c: "\\" + c for c in "#$%&_{}"} | {
    "\\": r"\backslash ", "^": r"\wedge ", "~": r"\sim ", " ": r"\ ", "…": r"\ldots ", "<": "{<}", ">": "{>}",
    "-": "{-}", "−": "{-}", "'": r"{\prime}", '"': r"{\prime\prime}", "`": r"{\prime}", "|": r"\vert ",
}  # fmt: skip


class _Parts(NamedTuple):
    """A name of the usual shape: ``base``, an index below, an entry in brackets, a version of a name bound again."""

    base: str
    primes: str
    below: str
    entry: str
    version: str


def plain(key: Any, longest: int = 60) -> str:
    """A key as it was written, made safe to show: no control characters, and not longer than `longest`.

    Examples
    --------
    >>> print(plain("a\\x07b"), plain("x" * 100, 10))
    a\\x07b xxxxxx…xxx
    """
    written = key if isinstance(key, str) else str(key)
    if len(written) > longest:
        end = longest // 3
        written = written[: longest - end - 1] + "…" + written[len(written) - end :]
    if not written:
        return "(empty)"
    return "".join([c if c.isprintable() else c.encode("unicode_escape").decode() for c in written])


def plain_latex(key: Any, longest: int = 60) -> str:
    r"""A key as it was written, upright and escaped, for math mode.

    Examples
    --------
    >>> print(plain_latex(r"50% of $x_\alpha$"))
    \mathrm{50\%\ of\ \$x\_\backslash alpha\$}
    """
    return "\\mathrm{" + "".join([_escaped(c) for c in plain(key, longest)]) + "}"


def _escaped(character: str) -> str:
    if character in _ESCAPED:
        return _ESCAPED[character]
    if character.isascii():
        return character
    if character in _COMMAND:
        return _COMMAND[character] + " "
    return "\\text{" + character + "}"


def _parts(key: Any) -> _Parts | None:
    written = plain(key)
    match = _SHAPE.fullmatch(written.translate(_UNSUBSCRIPT))
    if match is None or not match["base"].isalpha():
        return None
    index = match["digits"] or match["index"] or ""
    index = "_".join(_GREEK.get(part, part) for part in index.split("_"))
    base = _GREEK.get(match["base"], match["base"])
    return _Parts(base, match["primes"], index, match["entry"] or "", match["version"] or "")


def name(key: Any) -> str:
    """A name as a picture shows it.

    Digits at the end become an index, and letters after an underscore too, where Unicode has them all and the
    name is a single letter; Greek letters are written as such; ``c.1``, a name bound again, is c⁽¹⁾.

    Examples
    --------
    >>> print(*map(name, ["u1", "u12", "alpha", "alpha_1", "x_i", "x_q", "net_h1", "c.1", "W[0,1]", "W1[0,1]"]))
    u₁ u₁₂ α α₁ xᵢ x_q net_h1 c⁽¹⁾ W[0,1] W₁[0,1]
    """
    parts = _parts(key)
    if parts is None:
        return plain(key)
    typeset = parts.base + parts.primes
    if parts.below:
        below = parts.below.isdecimal() or (len(parts.base) == 1 and all(c in _LOWER for c in parts.below))
        typeset += parts.below.translate(_SUBSCRIPT) if below else "_" + parts.below
    if parts.entry:
        typeset += f"[{parts.entry}]"
    return typeset + (f"⁽{parts.version.translate(_SUPERSCRIPT)}⁾" if parts.version else "")


def name_latex(key: Any) -> str:
    r"""A name for a formula, in math mode.

    Examples
    --------
    >>> print(*map(name_latex, ["u1", "alpha", "x_max", "net_h1", "c.1", "W[0,1]", "W1[0,1]"]))
    u_{1} \alpha x_{\mathrm{max}} \mathrm{net}_{h1} c^{(1)} W_{0,1} W_{1}[0,1]
    """
    parts = _parts(key)
    if parts is None:
        return plain_latex(key)
    typeset = _letters(parts.base, 1) + parts.primes
    below = [_letters(part, 2) for part in parts.below.split("_") if part]
    entry = ",".join([_letters(one.strip(), 2) for one in parts.entry.split(",") if one.strip()])
    if below and entry:
        return f"{typeset}_{{{','.join(below)}}}[{entry}]"
    if below or entry:
        typeset += "_{" + (",".join(below) or entry) + "}"
    return typeset + (f"^{{({parts.version})}}" if parts.version else "")


def _letters(part: str, italic: int) -> str:
    """Greek as a command, up to `italic` letters (and any digits) as they are, longer words upright."""
    if part in _COMMAND:
        return _COMMAND[part]
    if part.isascii() and part.isalnum() and (part.isdecimal() or len(part.rstrip("0123456789")) <= italic):
        return part
    return plain_latex(part)


def name_spoken(key: Any) -> str:
    """A name for a screen reader.

    Examples
    --------
    >>> [name_spoken(key) for key in ("u1", "α", "x_i", "c.1", "W[0,1]")]
    ['u 1', 'alpha', 'x sub i', 'c version 1', 'W at 0, 1']
    """
    parts = _parts(key)
    if parts is None:
        return plain(key).replace("_", " ")
    spoken = _WORD.get(parts.base, parts.base) + " prime" * len(parts.primes)
    if parts.below:
        below = " ".join(_WORD.get(part, part) for part in parts.below.split("_"))
        spoken += f" {below}" if below.isdecimal() else f" sub {below}"
    if parts.entry:
        spoken += " at " + ", ".join(entry.strip() for entry in parts.entry.split(","))
    return spoken + (f" version {parts.version}" if parts.version else "")
