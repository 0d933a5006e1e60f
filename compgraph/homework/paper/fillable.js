// A sheet that is filled in on the screen: kept in this browser while it is, saved as a file of answers.

const SCHEMA = "compgraph-answers/1";
const find = (name) => document.getElementById(name);
const about = JSON.parse(find("about").textContent);
const fields = [...document.querySelectorAll("input[name]")];
const [student, reading, said, undo] = ["student", "reading", "said", "undo"].map(find);
const place = [SCHEMA, about.problem, about.seed, about.student].join(" ");

// The sheet as it is: every box as it was typed.
function sheet() {
  const seed = about.seed ? { seed: about.seed } : {};
  const answers = Object.fromEntries(fields.map((field) => [field.name, field.value]));
  return { schema: SCHEMA, problem: about.problem, ...seed, student: student.value.trim(), answers };
}

function fill({ student: name = "", answers = {} }) {
  if (!about.student) student.value = name;
  for (const field of fields) {
    field.value = answers[field.name] ?? "";
    mark(field);
  }
  count();
}

// A browser may keep nothing; then a file is all there is.
function keep() {
  try {
    localStorage.setItem(place, JSON.stringify(sheet()));
  } catch {
    said.textContent = "This browser keeps nothing: save a file before you leave.";
  }
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(place));
  } catch {
    return null;
  }
}

function count() {
  const filled = fields.filter((field) => field.value.trim()).length;
  find("count").textContent = `${filled} of ${fields.length}`;
}

// -- what is said of a box

function mark(field) {
  const read = spelling(field.value, about);
  field.setAttribute("aria-invalid", String(read.kind === "unread"));
  return read;
}

function tell(field) {
  const { message } = mark(field);
  reading.textContent = message ? `${field.dataset.number}: ${message}` : "";
}

for (const [i, field] of fields.entries()) {
  // where the box belongs, if it stands in a table
  const chip = document.querySelector(`.cg-b${field.dataset.number}`);
  field.addEventListener("focus", () => {
    chip?.classList.add("cg-here");
    tell(field);
  });
  field.addEventListener("blur", () => chip?.classList.remove("cg-here"));
  field.addEventListener("input", () => {
    said.textContent = "";
    tell(field);
    count();
    keep();
  });
  field.addEventListener("change", () => {
    if (mark(field).kind === "unread") said.textContent = reading.textContent;
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    (fields[i + (event.shiftKey ? -1 : 1)] ?? (event.shiftKey ? student : find("save"))).focus();
  });
}
student.addEventListener("input", keep);

// -- files

const slug = (words) => words.normalize("NFC").replace(/[^\p{L}\p{N}.@+-]+/gu, "_").replace(/^[._]+|[._]+$/gu, "");

function save() {
  const { student: name } = sheet();
  const file = `${[about.title, name].map(slug).filter(Boolean).join("-").slice(0, 80) || "answers"}.json`;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${JSON.stringify(sheet(), null, 1)}\n`], { type: "application/json" }));
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  const unread = fields.filter((field) => mark(field).kind === "unread").map((field) => field.dataset.number);
  const notes = [`Saved as ${file}.`];
  if (!name) notes.push("There is no name in it: write yours, and save again.");
  if (unread.length) notes.push(`What stands in ${unread.join(", ")} cannot be read.`);
  said.textContent = notes.join(" ");
}

// An answer file in TOML as it is handed out: keys and texts, a line each.
function fromToml(text) {
  const found = {};
  let table = found;
  for (const line of text.split(/\r?\n/)) {
    const [, name] = /^\s*\[\s*(\w+)\s*\]/.exec(line) ?? [];
    if (name) table = found[name] = {};
    const pair = /^\s*("(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^#\s]+)/.exec(line);
    if (pair) table[unquoted(pair[1])] = unquoted(pair[2]);
  }
  return found;
}

const unquoted = (text) =>
  text[0] === '"'
    ? JSON.parse(text.replace(/\\U([0-9a-f]{8})/gi, (_, code) => String.fromCodePoint(parseInt(code, 16))))
    : text[0] === "'"
      ? text.slice(1, -1)
      : text;

function read(text) {
  const found = /^\s*\{/.test(text) ? JSON.parse(text) : fromToml(text);
  if ((found.schema ?? SCHEMA) !== SCHEMA || !found.answers) throw new Error("this is no file of answers.");
  if (found.problem && found.problem !== about.problem) throw new Error("it answers another problem.");
  if (about.student && found.student && found.student !== about.student) throw new Error("it is somebody else’s.");
  const texts = Object.entries(found.answers).filter(([, answer]) => ["string", "number"].includes(typeof answer));
  return { ...found, answers: Object.fromEntries(texts.map(([cell, answer]) => [cell, String(answer)])) };
}

async function load(file) {
  try {
    const found = read((await file.text()).replace(/^\ufeff/, ""));
    const before = sheet();
    fill(found);
    change(before, `Loaded ${file.name}.`);
  } catch (error) {
    const why = error instanceof SyntaxError ? "it is damaged." : error.message;
    said.textContent = `${file.name} was not loaded: ${why}`;
  }
}

// What replaces everything can be taken back once.
function change(before, words) {
  keep();
  said.textContent = words;
  undo.hidden = false;
  undo.onclick = () => {
    fill(before);
    keep();
    said.textContent = "As it was before.";
    undo.hidden = true;
    find("load").focus();
  };
}

find("save").addEventListener("click", save);
find("load").addEventListener("click", () => find("file").click());
find("file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  if (file) load(file);
  event.target.value = "";
});
find("clear").addEventListener("click", () => {
  const before = sheet();
  fill({ student: student.value });
  change(before, "All boxes are empty.");
});
find("print").addEventListener("click", () => window.print());

const before = kept();
if (before) {
  fill(before);
  if (fields.some((field) => field.value)) said.textContent = "Kept in this browser from before.";
} else count();
