// The picture: cards and curves on a canvas, drawn as far as they are in sight. What is too small to read is left out.

const canvas = document.getElementById("canvas");
const pen = canvas.getContext("2d");
const TEXT = 17;
const SMALL = 14;
const LINE = 22;
const MARK = 19; // room for the mark of a state
const READABLE = 0.42; // below this scale cards have no text
const view = { x: 0, y: 0, k: 1 };
let colours = {};
let family = "serif";
let scene = { shown: [], edges: [], before: new Map(), after: new Map() };

// States differ by their marks as well, for those who see no colours.
const marks = Object.fromEntries(Object.entries(data.marks).map(([state, shape]) => [state, new Path2D(shape)]));

const USES = ["paper", "card", "ink", "soft", "rule", "done", "done-fill", "now", "now-fill", "now-ink"];
function readColours() {
  const style = getComputedStyle(document.documentElement);
  family = style.fontFamily;
  colours = Object.fromEntries(USES.map((use) => [use.replace("-", ""), style.getPropertyValue(`--${use}`).trim()]));
}

function short(text, most = 30) {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

const font = (size) => `${size}px ${family}`;

// A letter that stands alone, as u in u₁, is a variable and slanted; in large graphs text is plain.
const LETTERS = "A-Za-zÀ-ÖØ-öø-ʯͰ-ϿЀ-ӿ";
const SINGLE = new RegExp(`(?<![${LETTERS}_])([${LETTERS}])(?![${LETTERS}])`);
const pieces = (line) => (data.plain ? [line] : line.split(SINGLE));
const slanted = (i) => (i % 2 ? `italic ${font(TEXT)}` : font(TEXT));

function widthOf(line) {
  return pieces(line).reduce((sum, run, i) => {
    pen.font = slanted(i);
    return sum + pen.measureText(run).width;
  }, 0);
}

// A line around the middle x; where it begins.
function write(line, x, y) {
  const start = x - widthOf(line) / 2;
  let at = start;
  pen.textAlign = "left";
  pieces(line).forEach((run, i) => {
    pen.font = slanted(i);
    pen.fillText(run, at, y);
    at += pen.measureText(run).width;
  });
  return start;
}

// Sizes are those of the longest texts of the sweep, so that nothing moves from step to step.
function measure(node, totals) {
  node.lines = [short(node.stands < 0 ? node.how : node.name)]; // how it is made speaks of what is folded away
  if (node.value) node.lines.push(`= ${short(node.value)}`);
  node.label = data.derives ? derivative(node) : arrow(node);
  const total = `${node.label} = ${totals[node.i] ?? "?"}`;
  const widths = [...node.lines.map(widthOf), widthOf(total) + MARK];
  if (node.stands >= 0) widths.push(pen.measureText(scopes[node.stands].name).width);
  node.width = Math.ceil(Math.max(60, ...widths)) + 22;
  node.height = (node.lines.length + 1) * LINE + 20;
  node.above = node.stands < 0 ? 0 : 24; // for the name of its scope
}

// What is drawn anew when scopes fold: measured, laid out, and the curves made.
function compose(totals) {
  const { shown, edges } = visible();
  for (const node of shown) measure(node, totals);
  scene = { shown, edges, ...layered(shown, edges) };
  for (const edge of edges) {
    const [tail, head] = [nodes[edge.tail], nodes[edge.head]];
    const start = tail.x + tail.width / 2;
    const end = head.x - head.width / 2;
    const bend = Math.max(30, (end - start) / 2);
    Object.assign(edge, { points: [start, tail.y, start + bend, tail.y, end - bend, head.y, end - 7, head.y] });
    edge.top = Math.min(tail.y, head.y);
    edge.bottom = Math.max(tail.y, head.y);
  }
}

// -- where things are

function bounds(list) {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const { x, y, width, height } of list) {
    box.left = Math.min(box.left, x - width / 2);
    box.right = Math.max(box.right, x + width / 2);
    box.top = Math.min(box.top, y - height / 2);
    box.bottom = Math.max(box.bottom, y + height / 2);
  }
  return box;
}

function fit(list = scene.shown, most = 1.2) {
  const box = bounds(list);
  const [wide, high] = [canvas.clientWidth, canvas.clientHeight];
  view.k = Math.min(most, (wide - 40) / (box.right - box.left), (high - 60) / (box.bottom - box.top));
  centre((box.left + box.right) / 2, (box.top + box.bottom) / 2);
}

function centre(x, y) {
  view.x = canvas.clientWidth / 2 - x * view.k;
  view.y = canvas.clientHeight / 2 - y * view.k;
}

function zoom(by, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const k = Math.min(4, Math.max(0.01, view.k * by));
  view.x = x - ((x - view.x) * k) / view.k;
  view.y = y - ((y - view.y) * k) / view.k;
  view.k = k;
}

const isIn = (node, x, y) => Math.abs(x - node.x) <= node.width / 2 && Math.abs(y - node.y) <= node.height / 2;
function nodeAt(x, y) {
  const [a, b] = [(x - view.x) / view.k, (y - view.y) / view.k];
  return scene.shown.findLast((node) => isIn(node, a, b));
}

// -- drawing

function resize() {
  const dots = devicePixelRatio || 1;
  canvas.width = Math.round(canvas.clientWidth * dots);
  canvas.height = Math.round(canvas.clientHeight * dots);
}

// `look` says what each node and edge is: its state ("todo", "now", "done"), and whether it is near.
function draw(look) {
  const dots = devicePixelRatio || 1;
  const { k } = view;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.fillStyle = colours.paper;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.setTransform(dots * k, 0, 0, dots * k, dots * view.x, dots * view.y);
  const [left, top] = [-view.x / k, -view.y / k];
  const [right, bottom] = [left + canvas.clientWidth / k, top + canvas.clientHeight / k];

  const groups = new Map();
  for (const edge of scene.edges) {
    const [start, , , , , , end] = edge.points;
    if (Math.max(start, end) < left || Math.min(start, end) > right || edge.bottom < top || edge.top > bottom) continue;
    put(groups, look.edge(edge), edge);
  }
  const styles = {
    far: [colours.rule, 1, 0.12], todo: [colours.rule, 1.3, Math.max(0.3, Math.min(0.9, 900 / scene.edges.length))],
    done: [colours.done, 1.8, 1],
    near: [colours.ink, 2.2, 1], now: [colours.now, 4, 1],
  };
  for (const [state, [colour, wide, alpha]] of Object.entries(styles)) {
    const edges = groups.get(state);
    if (!edges) continue;
    pen.globalAlpha = alpha;
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = Math.max(wide, (wide * 0.45) / k);
    pen.beginPath();
    for (const { points: [a, b, c, d, e, f, x, y] } of edges) {
      pen.moveTo(a, b);
      pen.bezierCurveTo(c, d, e, f, x, y);
    }
    pen.stroke();
    if (k < READABLE) continue;
    pen.beginPath();
    for (const { points } of edges) {
      const [x, y] = [points[6] + 7, points[7]];
      pen.moveTo(x, y);
      pen.lineTo(x - 10, y - 5);
      pen.lineTo(x - 10, y + 5);
    }
    pen.fill();
  }
  pen.globalAlpha = 1;
  for (const node of scene.shown) {
    const [w, h] = [node.width / 2 + 8, node.height / 2 + 8];
    if (node.x + w < left || node.x - w > right || node.y + h < top || node.y - h > bottom) continue;
    card(node, look.node(node), k);
  }
  pen.globalAlpha = 1;
  if (k >= READABLE) for (const state of ["near", "now"]) for (const edge of groups.get(state) ?? []) labelled(edge, state);
}

function box(x, y, width, height, radius) {
  pen.beginPath();
  pen.roundRect(x, y, width, height, radius);
}

function card(node, { state, near, selected, total }, k) {
  const [x, y] = [node.x - node.width / 2, node.y - node.height / 2];
  const line = { todo: colours.rule, done: colours.done, now: colours.now }[state];
  pen.globalAlpha = near ? 1 : 0.18;
  pen.strokeStyle = line;
  pen.lineWidth = Math.max(state === "now" ? 4 : 1.4, 1 / k);
  pen.setLineDash(node.faint ? [2, 4] : []);
  if (node.stands >= 0) { // a pile: there is more behind it
    pen.fillStyle = colours.card;
    for (const shift of [8, 4]) {
      box(x + shift, y - shift, node.width, node.height, 9);
      pen.fill();
      pen.stroke();
    }
  }
  box(x, y, node.width, node.height, 9);
  const small = k < READABLE;
  pen.fillStyle = small && state !== "todo" ? (state === "now" ? colours.now : colours.donefill) : colours.card;
  pen.fill();
  pen.stroke();
  if (selected) {
    pen.strokeStyle = colours.ink;
    pen.lineWidth = Math.max(3, 2 / k);
    box(x - 5, y - 5, node.width + 10, node.height + 10, 12);
    pen.stroke();
  }
  pen.setLineDash([]);
  if (small) return named(node, k);
  const base = y + node.height - 10 - LINE;
  if (state !== "todo") {
    pen.fillStyle = state === "now" ? colours.nowfill : colours.donefill;
    box(x + 6, base, node.width - 12, LINE + 4, 6);
    pen.fill();
  }
  pen.fillStyle = node.faint ? colours.soft : colours.ink;
  node.lines.forEach((line, i) => write(line, node.x, y + 8 + (i + 0.75) * LINE));
  pen.fillStyle = state === "todo" ? colours.soft : state === "now" ? colours.nowink : colours.ink;
  const words = `${node.label} = ${state === "todo" ? "?" : total}`;
  const start = write(words, node.x + MARK / 2, base + 18);
  pen.save();
  pen.translate(start - MARK / 2 - 5, base + 13);
  pen.fill(marks[state]);
  pen.restore();
  if (node.stands >= 0) {
    pen.font = font(SMALL);
    pen.textAlign = "left";
    pen.fillStyle = colours.soft;
    pen.fillText(`▸ ${scopes[node.stands].name}`, x + 8, y - 12);
  }
}

// A name alone, as large as can be read from further away, and the number of its step no longer.
function named(node, k) {
  const size = 11 / k;
  if (size > node.height * 0.75) return;
  pen.font = font(size);
  pen.textAlign = "center";
  pen.fillStyle = colours.ink;
  const room = node.width - 12;
  const most = Math.floor((node.name.length * 1.35 * room) / pen.measureText(node.name).width);
  pen.fillText(most < 3 ? "" : short(node.name, most), node.x, node.y + size * 0.35, room);
}

// The partial on a curve, over its middle.
function labelled({ points: [a, b, c, d, e, f, x, y], label }, state) {
  if (!label) return;
  const [mx, my] = [(a + 3 * c + 3 * e + x) / 8, (b + 3 * d + 3 * f + y) / 8];
  pen.font = font(SMALL);
  pen.textAlign = "center";
  const wide = pen.measureText(label).width + 8;
  pen.fillStyle = state === "now" ? colours.nowfill : colours.paper;
  box(mx - wide / 2, my - 10, wide, 20, 6);
  pen.fill();
  pen.fillStyle = state === "now" ? colours.nowink : colours.ink;
  pen.fillText(label, mx, my + 5);
}
