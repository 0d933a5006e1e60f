// Whether what was typed can be read, and as what: compgraph/homework/answers.py says why. What is said to be
// unreadable is; a formula may still be refused for a reason that only reading it can find.

const BLANK = /^(?:[\s\-–—_.…?]*|n\/?a|none|blank|leer)$/iu;
const RELATION = /(?<![<>=!≤≥])[=≈≅≃~∼](?!=)/u;
const LABEL = /^(?:[d∂δ]\s*[\p{L}][\p{L}\p{N}_.']*\s*\/\s*[d∂δ]\s*)?[\p{L}][\p{L}\p{N}_.']*(?:\([\p{L}\p{N}_, ]*\))?$|^[a-z]+\s*:/iu;
const PLAIN = /^[-+−–—‐‑‒]? *(\d*)(?:([.,])(\d*))?(?:(e)([-+−–]?\d+)| *([*×·⋅∙x]) *10 *(?:(?:\^|\*\*) *(?:\( *([-+−–]?\d+) *\)|([-+−–]?\d+))|([⁻⁺]?[⁰¹²³⁴-⁹]+)))?$/iu;
const SEPARATED = /^[-+−–—]?\d{1,3}([ '’,.\u00a0\u2009\u202f])\d{3}(?:\1\d{3})*([.,]\d*)?$/u;
const WORD = /(?<word>\p{L}[\p{L}\p{Nd}\p{M}_₀-₉]*['′’]*(?:\.\d+)?)/u;
const SIGN = /(?<sign>\*\*|[-+*/^(),@×·÷√−])|(?<rest>[^\s])/u;
const TOKENS = [/\d+(?:\.\d*)?|\.\d+/, /\d+(?:,\d+|\.\d*)?|\.\d+/].map(
  (number) => new RegExp(`${WORD.source}|(?<number>(?:${number.source})(?:e[-+−]?\\d+)?)|${SIGN.source}`, "giu"),
);
const LONGEST = 500;

const plain = (word) =>
  word.replace(/[ₐ-ₜᵢ-ᵪⱼ]+/gu, "_$&").normalize("NFKC").replace(/[’′]/gu, "'");

// A number: how many digits it has, and whether it stands for more than they say; an error; null for what is none.
function numberIn(piece, about) {
  const found = PLAIN.exec(piece);
  if (!found || !(found[1] || found[3])) return refused(piece, about);
  const [, whole, point, part = "", e, power, times, bracketed, bare, raised] = found;
  const letter = (e ?? times ?? "").toLowerCase();
  if (/[ex]/.test(letter) && about.names.some((name) => name.toLowerCase().startsWith(letter))) return null;
  if (point === "," && !about.comma) {
    const error = refused(piece, about);
    if (error) return error;
  }
  if (point === "." && about.comma && /^[1-9]\d{0,2}$/.test(whole) && part.length === 3) return null;
  const exponent = (power ?? bracketed ?? bare ?? (raised ?? "0").normalize("NFKC")).replace(/[−–]/gu, "-");
  if (Math.abs(Number(exponent)) > 400) return { error: `${piece} is too large or too small.` };
  return { digits: (whole + part).replace(/^0+/, "").length, whole: point === undefined && !letter };
}

function refused(piece, about) {
  const separated = SEPARATED.exec(piece);
  if (separated && (separated[2] ? separated[2][0] !== separated[1] : !",.".includes(separated[1])))
    return { error: "Write digits alone, without separators between thousands." };
  if (!about.comma && /^[-+−–—]?\s*\d*,\d+(?:e[-+]?\d+)?$/i.test(piece))
    return { error: `Write a decimal point: ${piece.replace(",", ".")}` };
  if (/^[-+−–—]?[\d.,]*\d\s*%$/u.test(piece)) return { error: "Write a plain number, such as 0.5 for 50 %." };
  return null;
}

// Whether a word is made of known names and constants alone.
function isProduct(word, known) {
  const ends = [true];
  for (let end = 1; end <= word.length; end++)
    ends[end] = known.some((name) => ends[end - name.length] && word.slice(0, end).endsWith(name));
  return Boolean(ends[word.length]);
}

// What is wrong with a formula; an empty text if nothing is seen.
function mistakeIn(piece, about) {
  const names = about.names.map(plain);
  const known = [...names, "e", "pi", "π"];
  const isIndexed = names.some((name) => name.includes("["));
  let open = 0;
  let before = "";
  for (const { 0: text, groups, index } of piece.matchAll(TOKENS[Number(about.comma)])) {
    if (groups.word) {
      const word = plain(text);
      const isCalled = /^\s*\(/.test(piece.slice(index + text.length));
      const ends = about.functions.some(
        (name) => word === name || (isCalled && word.endsWith(name) && isProduct(word.slice(0, -name.length), known)),
      );
      if (!ends && !isProduct(word, known) && !/[\p{M}π]/u.test(word) && !(isIndexed && /\[/.test(piece)))
        return `${text} is no name in this problem. There are ${about.names.slice(0, 12).join(", ")}.`;
    } else if (groups.number && /^[.,]?\d/.test(before)) return "Two numbers stand here: write one, or a sign between them.";
    else if (groups.rest && /[{}%&\\$!?"]/.test(text)) return `${text} cannot be read here.`;
    else if (/[[\]]/.test(text) && !isIndexed) return "Write round brackets.";
    if (text === "(") open++;
    if (text === ")") {
      if (!open--) return "There is a closing bracket too many.";
      if (before === "(") return "There is nothing between the brackets.";
    }
    if (/^[*/^×·÷]/u.test(text) && /^(?:|[-+*/^×·÷(,−]|\*\*)$/u.test(before)) return `Something is missing before ${text}.`;
    before = text;
  }
  if (open) return "A closing bracket is missing.";
  return /^(?:[-+*/^×·÷√,−]|\*\*)$/u.test(before) ? `Something is missing after ${before}.` : "";
}

// {kind: "blank" | "number" | "formula" | "unread", message, digits}
function spelling(typed, about) {
  const body = typed.trim().replace(/^'/, "");
  if (BLANK.test(body)) return { kind: "blank", message: "" };
  if (typed.length > LONGEST) return { kind: "unread", message: `Write at most ${LONGEST} characters.` };
  const pieces = body.split(RELATION).map((piece) => piece.trim());
  if (!pieces[0]) pieces.shift();
  if (pieces.length > 1 && !about.names.includes(pieces[0]) && LABEL.test(pieces[0])) pieces.shift();
  if (pieces.includes("")) return { kind: "unread", message: "Something is missing beside the equals sign." };
  let read = { kind: "formula", message: "read as a formula" };
  for (const [i, piece] of pieces.entries()) {
    const number = numberIn(piece, about);
    const isFraction = /^[-+−]?\s*\d+\s*\/\s*\d+$/u.test(piece);
    const error = number ? number.error : mistakeIn(piece, about);
    if (error && i === pieces.length - 1) return { kind: "unread", message: error };
    if (number && !error) {
      // 1/3 = 0.333 is the fraction
      if (!read.isExact) read = { kind: "number", ...number, message: digitsTold(number, about.digits) };
    } else if (isFraction && !error) read = { kind: "number", isExact: true, message: "read as a fraction" };
  }
  return read;
}

function digitsTold({ digits, whole }, asked) {
  if (whole) return "read as a whole number";
  const count = `${digits} ${digits === 1 ? "digit" : "digits"}`;
  return digits < asked ? `${count}: ${asked} are asked, unless the number is exact` : `read as a number, ${count}`;
}
