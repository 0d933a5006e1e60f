"""Small functions of every construct, for the tests of program transformation.

A parameter is a number, but for ``xs``, ``ws`` (lists of four numbers), ``grid`` (two lists of three) and ``table`` (a
dict of a and b); one with a default is no input.
"""

from __future__ import annotations

import random
import textwrap

FORWARD = textwrap.dedent('''\
    # straight line
    def identity(x):
        return x
    def constant(x):
        return 2.0
    def one_line(x, y): return x * y + math.sin(x)
    def square(x):
        return x ** 2
    def overwritten(x):
        x = x * x
        return x
    def overwritten_thrice(x, y):
        x = x * y + x
        x = math.exp(x) / (1 + math.exp(x))
        x = x / y
        return x
    def output_and_operand(x, y):
        x = x ** y
        y = y / x
        return x * y
    def used_twice(x):
        return hypotenuse(x, x) + math.atan2(x, x * x)
    def hypotenuse(a, b):
        return math.sqrt(a * a + b * b)
    def nested_expression(x):
        return math.cos(math.sin(x ** 2) + 3 * x ** 2)
    def deep_expression(x):
        return math.sin(math.exp(math.cos(math.log(1 + x ** 2))) / (1 + math.sqrt(x)))
    def signs(x, y):
        return -x - -y + (+x) * -(x - y) - (x - (y - x))
    def quotients(x, y):
        return x / y / (x + y) - 1 / x + (x / y) / (y / x) - 2 / (x * y) ** 2
    def powers(x, y):
        return x ** 3 + x ** -2 + x ** 0.5 + x ** y + 2 ** x + x ** 0 + x ** 1 - (x * y) ** 2.0 + pow(x, 3)
    def powers_at_nought(x, n=3):
        z = x - x
        total = z ** n + z ** 0 + z ** 1
        for i in range(n):
            total += z ** i
        return total + x
    def literals(x):
        return 1_000 * x + 1e-3 * x + 0x10 * x + math.pi * x / 180.0 + TAU * x
    def every_function(x, y):
        a = math.sqrt(x) + math.cbrt(x) + math.exp(x) + math.exp2(x) + math.expm1(x) + math.log(x) + math.log1p(x)
        b = math.log2(y) + math.log10(y) + math.sin(y) + math.cos(y) + math.tan(y) + math.asin(y / 4) + math.acos(y / 4)
        c = math.atan(x) + math.sinh(x) + math.cosh(y) + math.tanh(x) + math.asinh(x) + math.acosh(1 + y)
        c += math.atanh(x / 4)
        d = math.erf(x) + math.erfc(y) + math.hypot(x, y) + math.atan2(x, y) + math.fabs(x) + math.pow(x, y)
        return a * b - c / d
    def largest(x, y):
        return max(x, y) * min(x, 2 * y, 1.0) + abs(x - y)
    def long_sum(x, y):
        total = (x          # the first
                 + y * x    # the second
                 - math.sin(
                     x
                 ))
        return total
    def chained(x):
        a = b = x * x
        a += b
        return a * b
    def annotated(x: float, n: int = 3) -> float:
        y: float = x * n
        z: float
        z = y * y
        return z
    # augmented assignment
    def augmented(x, y):
        s = x
        s += y * s
        s -= x / y
        s *= s + y
        s /= y
        s **= 2
        s += 1
        return s
    def augmented_elements(x, y):
        xs = [x, y, x * y]
        xs[0] += xs[1]
        xs[1] *= xs[0] + xs[1]
        xs[2] /= xs[2] + x
        return xs[0] * xs[1] + xs[2]
    # tuples
    def swapped(x, y):
        x, y = y, x
        return x / y
    def fibonacci(x, y):
        a, b = x, y
        for _ in range(5):
            a, b = b, a * b + a
        return a, b
    def unpacked(x, y):
        pair = (x * y, x + y)
        a, b = pair
        (c, d), e = pair, x
        return a * b + c * d * e
    def starred(xs):
        first, *rest = xs
        *others, last = [first, *rest, 1.0]
        return first * rest[0] + sum(others) * last
    def counted(x):
        n, y = 3, x
        n, y = n + 1, y * n
        return y
    def two_results(x, y):
        return x * y, math.exp(x) + y
    def result_of_literals(x):
        return [x, 1.0, [x * x, 2.0]], {"a": x, "b": 0.0}
    def pair_of_pairs(x, y):
        return (x, (y, x * y))
    # branches
    def branch(x, y):
        if x > y:
            z = x * x
        else:
            z = y * x
        return z
    def nested_branches(x, y):
        if x > 1:
            if y > 1:
                z = x * y
            else:
                z = x / y
        elif x > 0.7:
            z = x - y
        elif y > 1:
            z = math.sin(x * y)
        else:
            z = 1.0
        return z * x
    def conditional(x, y):
        z = math.sqrt(x - y) if x > y else 0.0
        return z + (x if x < y else y * y) * 2
    def conditional_calls(x, y):
        return 2 * (hypotenuse(x, y) if x > y else x) + hypotenuse(x, 1.0)
    def early_return(x):
        if x > 1.2:
            return x * x
        if x < 0.6:
            return 0.0
        y = math.exp(x)
        return y
    def chosen_by_both(x, y):
        if x > 0 and not y > 1 or x == 3:
            return x * y
        return x + y
    # loops
    def babylonian(x, n=6):
        t = (1 + x) / 2
        for i in range(n):
            t = (t + x / t) / 2
        return t
    def exp_series(x, terms=8):
        total, term = 1.0, 1.0
        for i in range(1, terms):
            term *= x / i
            total += term
        return total
    def until_small(x):
        term = x
        total = 0.0
        while abs(term) > 1e-6:
            total += term
            term = term * x / 4
        return total
    def with_break(x):
        y = x
        while True:
            y = y * y / 2 + x / 3
            if y > 4:
                break
            if y < 0.4:
                y += 1.5
                continue
            y += 0.6
        return y
    def with_else(x):
        y = x
        for i in range(4):
            y *= x
            if y > 3:
                break
        else:
            y = y + math.sin(x)
        while y > 2:
            y = y / 2
        else:
            y = y * x
        return y
    def nested_loops(x, y):
        total = 0
        for i in range(3):
            for j in range(i, 3):
                total += x ** i * y ** j
        return total
    def over_numbers(x):
        total = 0.0
        for k in (1.0, 2.5, -1.0):
            total += math.sin(k * x)
        return total
    def over_values(x, y):
        total = 1.0
        for v in (x, y, x * y, 2.0):
            total = total * v + v
        return total
    def reused_name(x):
        total = 0.0
        for v in range(3):
            total += v * x
        v = x * x
        return total * v
    def horner(x, xs):
        total = 0.0
        for c in reversed(xs):
            total = total * x + c
        return total
    def newton(x):
        y = 1.0
        steps = 0
        while abs(y * y - x) > 1e-9 and steps < 50:
            y, steps = y - (y * y - x) / (2 * y), steps + 1
        return y
    # lists
    def list_in_a_loop(x, n=4):
        powers = [1.0]
        for i in range(n):
            powers.append(powers[-1] * x)
        return sum(powers)
    def list_of_squares(xs):
        out = []
        for v in xs:
            out.append(v * v)
        return out
    def element_by_element(x, y):
        xs = [0.0] * 3
        for i in range(3):
            xs[i] = x * i + y
        xs[1] = xs[0] * xs[2]
        xs[-1], xs[0] = xs[0], xs[1] * xs[2]
        return xs[0] + xs[1] * xs[2]
    def enumerated(xs, ws):
        total = 0.0
        for i, v in enumerate(xs):
            total += i * v * v
        for i, (v, w) in enumerate(zip(xs, ws), 1):
            total += v * w / i
        return total
    def zipped(xs):
        total = 0.0
        for v, k in zip(xs, [1, 2, 3, 4]):
            total += math.sin(k * v)
        return total
    def dot_product(xs, ws):
        return sum(v * w for v, w in zip(xs, ws))
    def comprehension(xs):
        squares = [v * v for v in xs if v > 0.5]
        return sum([math.exp(-s) for s in squares]) + sum(2 * i * s for i, s in enumerate(squares))
    def comprehension_with_calls(xs):
        return sum(hypotenuse(v, 1.0) for v in xs) + max(*[1.0, 2.0]) * xs[0]
    def names_again(x, xs):
        v = x * x
        total = sum(v * w for w in xs)
        for w in range(2):
            total += w * x
        return total + sum(v * w * x for v, w in zip([1, 2], (3, 4))) + sum([v for v in xs]) * v
    def names_again_in_zip(x, xs):
        v, k = x * x, x
        total = sum(v * w for v, w in zip([1, 2], xs)) + sum(v * w for v, w in zip(range(3), xs)) + v
        for k, w in zip(range(3), xs):
            total += k * w
        return total * k * v
    def softmax(xs):
        shifted = [math.exp(v) for v in xs]
        whole = sum(shifted)
        return [e / whole for e in shifted]
    def matrix_product(grid, xs):
        out = []
        for row in grid:
            out.append(sum(a * b for a, b in zip(row, xs)))
        return out
    def rows_in_place(x, y):
        rows = [[0.0, 0.0], [0.0, 0.0]]
        for i in range(2):
            for j in range(2):
                rows[i][j] = x ** (i + 1) * y ** (j + 1)
        for row in rows:
            row.append(row[0] * row[1])
        return rows
    def slices(xs):
        head, tail = xs[:2], xs[2:]
        both = tail + head
        return both[0] * both[3] + xs[::-1][0] * 2
    def insert_and_pop(x, y):
        stack = [x, y]
        stack.insert(0, x * y)
        stack.extend([x + y, 2.0])
        stack.pop(1)
        stack.append(stack.pop() * stack.pop())
        last = stack.pop()
        stack.reverse()
        del stack[0]
        return last * stack[0]
    def a_dict(x, y):
        d = {"u": x * y, "v": 1.0}
        d["v"] = d["u"] * x
        d["w"] = y
        total = 0.0
        for name, v in d.items():
            total += v * v
        return total + sum(d.values())
    def from_dict(table):
        return table["a"] * table["b"] + table["a"]
    def aliases(x):
        a = []
        b = a
        b.append(x * x)
        return a[0] * x
    # functions
    def call_in_a_subscript(x):
        xs = [x, x * x, x ** 3]
        return xs[whole(x) % 3] * xs[int(hypotenuse(1.0, 0.0))]
    def whole(a):
        return int(a * 2)
    def index_of_a_call(x, y):
        return several(x, y)[1] * several(y, 1.0)[0]
    def several(a, b):
        return a * b, a / b
    def defaults(x):
        return scaled(x) + scaled(x, 3.0) + scaled(x, by=x) + scaled(a=2.0)
    def scaled(a, by=2.0):
        return a * by
    def unpacked_call(x, y):
        a, b = several(x, y)
        xs = [0.0]
        xs[0] = hypotenuse(a, b)
        a += hypotenuse(a, xs[0])
        return a * xs[0]
    def recursive(x, n=4):
        return x * recursive(x, n - 1) if n > 0 else 1.0
    def inner_function(x, y):
        def inner(a):
            return a * x + shift
        shift = y * y
        x = x + 1
        return inner(y) * inner(2.0)
    def filled(x, y):
        xs = [y]
        fill(xs, x, 3)
        return xs[0] * xs[1] + xs[3]
    def fill(into, v, n):
        for i in range(n):
            into.append(v ** (i + 1))
    def keyword_only(x, *, scale=2.0, n=2):
        return scale * x ** n
    def in_conditions(x):
        if hypotenuse(x, x) > 2 and whole(x) < 4:
            return hypotenuse(x, 2 * x)
        return x
    def constant_pairs(x):
        a, b = x, x * x
        y = a * b
        a, b = several(3.0, 2.0)
        pair = [x]
        y += pair[0]
        pair = several(2.0, 4.0)
        return y + a * x, b + pair[0], several(1.0, 2.0)
    def constant_result(x):
        if x > 1:
            return several(x, 2.0)
        return several(1.0, 2.0)
    # values that do not move
    def flat(x):
        k = int(3 * x) + round(x) + len([x]) + math.floor(x)
        return k * x
    def overwritten_default(x, y=1.0):
        y = y + x
        y *= x
        return y
    def taken_names(x, dx=2.0, v1=1.0, result=3.0):
        d_x = math.sin(x * x + dx) * v1
        return math.exp(d_x) * result
    def asserted(x):
        assert x > 0, f"not positive: {x}"
        if x > 100:
            raise ValueError("too large")
        pass
        return math.log(x)
''')  # fmt: skip

#: Lists and dicts among the parameters, by their names.
HEADING = "import math\n\nTAU = 2 * math.pi\n\n"

#: Functions that the others call, and that are no case by themselves.
HELPERS = ("fill",)


_AROUND = """\
def g(p, q=1.0):
    if p > q:
        return math.sin(p) * q
    return p - q * q
def h(p, q):
    s = p * q
    return s, math.tanh(p)
def f(x, y):
    a, b, c, i = 0.5, x, 1.0, 0
    xs = [x, 1.0, y * x]
"""

_NAMES = ("x", "y", "a", "b", "c")


def random_program(seed: int) -> str:
    """A function ``f(x, y)`` of random statements, which ends and stays finite."""
    return _AROUND + "".join(f"{line}\n" for line in _Random(seed).block(1, 3)) + "    return a, b, c, x, y, xs\n"


class _Random:
    def __init__(self, seed: int) -> None:
        self.r = random.Random(seed)

    def name(self) -> str:
        return self.r.choice(_NAMES)

    def expression(self, depth: int = 0) -> str:
        e = lambda: self.expression(depth + 1)  # noqa: E731 - a part
        forms = [
            lambda: self.r.choice(("1.5", "2", "0.5")),
            self.name,
            lambda: self.r.choice(("xs[0]", "xs[-1]", "xs[i % 3]")),
            lambda: f"({e()} {self.r.choice('+-*')} {e()})",
            lambda: f"{e()} / (2 + {e()} ** 2)",
            lambda: f"math.{self.r.choice(('sin', 'cos', 'tanh', 'atan'))}({e()})",
            lambda: f"math.exp(-({e()}) ** 2)",
            lambda: f"g({e()}, {e()})",
            lambda: f"({e()} if {self.name()} > {self.name()} else {e()})",
            lambda: f"-{e()}",
            lambda: f"sum([{e()}, {e()}])",
        ]
        return self.r.choice(forms if depth < 3 else forms[:3])()

    def condition(self) -> str:
        a, b = self.name(), self.name()
        return self.r.choice((f"{a} > {b}", f"g({a}, 1.0) < 0.5 or i == 1", f"not {a} < 0.3 and i < 2"))

    def block(self, level: int, most: int) -> list[str]:
        return [line for _ in range(self.r.randint(1, 2 * most)) for line in self.statement(level)]

    def statement(self, level: int) -> list[str]:
        v, e, r, indent = self.name(), self.expression, self.r, "    " * level
        u, w = r.sample(_NAMES, 2)
        simple = (
            lambda: f"{v} = {e()}",
            lambda: f"{v} {r.choice(('+=', '-=', '*='))} {e(1)}",
            lambda: f"{u}, {w} = {e(1)}, {e(1)}",
            lambda: f"{u}, {w} = h({e(1)}, {e(1)})",
            lambda: f"xs[{r.choice(('0', '1', 'i % 3', '-1'))}] {r.choice(('=', '+=', '*='))} {e(1)}",
            lambda: f"xs.append({e(1)})",
            lambda: f"{v} = sum(q * {w} for q in xs) / 9",
        )
        kind = r.randrange(10) if level < 3 else 0
        if kind < 7:
            return [indent + r.choice(simple)()]
        inner = self.block(level + 1, 1)
        if kind == 7:
            return [f"{indent}if {self.condition()}:", *inner, f"{indent}else:", *self.block(level + 1, 1)]
        if kind == 8:
            jump = f"{indent}    if {self.condition()}: {r.choice(('break', 'continue'))}"
            return [f"{indent}for i in range({r.randint(1, 3)}):", *inner, jump]
        return [f"{indent}for {v} in xs[:3]:", *inner]
