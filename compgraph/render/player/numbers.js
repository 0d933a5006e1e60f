// Numbers, printed as Python prints them and read as homework reads them: compgraph/notation/numerals.py,
// compgraph/homework/answers.py and verdict.py say why.

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const MINUS = /[−–—‐‑]/g;
const NBSP = "\u00a0";

// A line is broken before a relation and nowhere else in a formula.
const tied = (text) => text.replaceAll(" · ", `${NBSP}·${NBSP}`).replace(/ ([=≈]) /g, ` $1${NBSP}`);

// Significant digits as a whole number, and the power of ten of its last digit; ties go to the even digit.
function rounded(x, digits) {
  const [long, power] = x.toExponential(60).split("e");
  const all = long.replace(".", "");
  const rest = all.slice(digits);
  let kept = BigInt(all.slice(0, digits));
  if (/^50*$/.test(rest) ? kept % 2n : rest[0] >= "5") kept += 1n;
  return [kept, Number(power) - digits + 1];
}

const isWhole = (x, digits) => Number.isInteger(x) && Math.abs(x) < 10 ** (digits + 3);

function number(x, digits) {
  if (typeof x === "boolean") return String(x);
  if (x === undefined || Number.isNaN(x)) return "undefined";
  const sign = x < 0 ? "−" : "";
  const size = Math.abs(x);
  if (size === Infinity) return `${sign}∞`;
  if (isWhole(x, digits)) return sign + size;
  const [kept, last] = rounded(size, digits);
  const whole = String(kept).replace(/0+$/, "");
  const power = last + String(kept).length - 1;
  if (power > -5 && power < 0) return `${sign}0.${"0".repeat(-power - 1)}${whole}`;
  const point = (text, at) => (text.length > at ? `${text.slice(0, at)}.${text.slice(at)}` : text);
  if (power >= 0 && power < digits) return sign + point(whole.padEnd(power + 1, "0"), power + 1);
  const raised = String(power).replace("-", "⁻").replace(/\d/g, (digit) => RAISED[digit]);
  return `${sign}${point(whole, 1)}×10${raised}`;
}

// What stands on the page, exactly: a whole number and a power of ten; null for what is infinite.
function printed(x, digits) {
  if (!Number.isFinite(x)) return null;
  if (isWhole(x, digits)) return [BigInt(x), 0];
  const [kept, last] = rounded(Math.abs(x), digits);
  return [x < 0 ? -kept : kept, last];
}

const shift = ([n, power], to) => n * 10n ** BigInt(power - to);
const times = (a, b) => [a[0] * b[0], a[1] + b[1]];
function plus(a, b) {
  const power = Math.min(a[1], b[1]);
  return [shift(a, power) + shift(b, power), power];
}
const same = (a, b) => shift(plus(a, [-b[0], b[1]]), Math.min(a[1], b[1])) === 0n;

// A sum of products of printed numbers, exactly; null where one is infinite.
function evaluated(terms, digits) {
  let total = [0n, 0];
  for (const factors of terms) {
    const exact = factors.map((factor) => printed(factor, digits));
    if (exact.includes(null)) return null;
    total = plus(total, exact.reduce(times));
  }
  return total;
}

// "a · b + c · d", of at most so many terms
function sum(terms, digits, most = 6) {
  const parts = terms.slice(0, most).map((factors, i) =>
    factors
      .map((factor, j) => {
        const text = number(factor, digits);
        return text[0] === "−" && (i || j || terms.length > 1) ? `(${text})` : text;
      })
      .join(`${NBSP}·${NBSP}`),
  );
  if (terms.length > most) parts.push(`… (${terms.length - most} more)`);
  return parts.join(` +${NBSP}`);
}

// " = a · b + c · d ≈ result", true of the digits printed
function equation(terms, result, digits) {
  const [left, right] = [terms.length > 6 ? null : evaluated(terms, digits), printed(result, digits)];
  const sign = left && right && same(left, right) ? "=" : "≈";
  return ` =${NBSP}${sum(terms, digits)} ${sign}${NBSP}${number(result, digits)}`;
}

const TYPED = /^([+-]?)\s*(\d*)(?:\.(\d*))?(?:e([+-]?\d+)|\s*[*×·x]\s*10\s*(?:\^|\*\*)?\s*\(?([+-]?\d+)\)?)?$/i;

// A typed number: its value, half a unit of its last digit, its digits; null for what is none.
function typed(words) {
  const lowered = words.trim().replace(MINUS, "-").replace(/[⁻⁰¹²³⁴-⁹]/g, (c) => (c === "⁻" ? "-" : RAISED.indexOf(c)));
  const fraction = /^([+-]?\d+)\s*\/\s*([1-9]\d*)$/.exec(lowered);
  if (fraction) return { value: fraction[1] / fraction[2], half: 0, digits: null, whole: false };
  const found = TYPED.exec(lowered);
  if (!found || !(found[2] || found[3])) return null;
  const [, sign, whole, part = "", e, power] = found;
  const exponent = Number(e ?? power ?? 0);
  const value = Number(`${sign}${whole || "0"}.${part || "0"}e${exponent}`);
  const digits = (whole + part).replace(/^0+/, "").length;
  const isInteger = found[3] === undefined && e === undefined && power === undefined;
  return { value, half: isInteger ? 0 : 10 ** (exponent - part.length) / 2, digits, whole: isInteger };
}

// Whether a typed number is a given one: "right", "short" of digits, "wrong" or "unread".
function judged(words, target, digits = 3) {
  const answer = typed(words);
  if (!answer) return "unread";
  const { value, whole } = answer;
  if (value === target) return "right";
  let half = answer.half;
  if (whole) {
    const unit = 10 ** Math.max(answer.digits - digits, 0);
    half = unit > 1 && value % unit === 0 ? unit / 2 : Number.isInteger(target) ? 0 : 0.5;
  }
  const beyond = (value || target) > 0 ? target - value : value - target;
  const noise = 1e-13 * Math.abs(target);
  const cut = !(whole && answer.digits < digits) && beyond >= -noise && beyond < 2 * half - noise;
  const near = Math.abs(value - target) <= 1.02 * half + noise || (target === 0 && Math.abs(value) <= 1e-12);
  if (!near && !cut) return "wrong";
  return answer.digits !== null && answer.digits < digits && target !== 0 ? "short" : "right";
}
