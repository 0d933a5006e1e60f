// What a reader does: step, search, fold, walk, look around.

const at = (id) => document.getElementById(id);
const make = (name, text, kind) => Object.assign(document.createElement(name), { textContent: text, className: kind ?? "" });
const plural = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
const LISTED = 30;

const sweeps = data.sweeps.map(({ seed, order, totals, reached }) => {
  const turns = new Array(nodes.length).fill(Infinity);
  const known = new Array(nodes.length);
  const there = new Array(nodes.length).fill(false);
  order.forEach((i, turn) => {
    turns[i] = turn;
    known[i] = totals[turn];
    there[i] = Boolean(reached[turn]);
  });
  return { seed, order, turns, totals: known, reached: there };
});
let sweep = sweeps[0];
let frames = []; // the nodes in sight, in the order of their turns
let frame = 0; // so many of them have had theirs
let chosen = -1;
let near = null; // the nodes that do not step back

const cut = (name) => (name.length <= 26 ? name : `${name.slice(0, 15)}…${name.slice(-10)}`);
function derivative(node) {
  const seed = cut(nodes[sweep.seed].name);
  return reverse ? `∂${seed}/∂${cut(node.name)}` : `∂${cut(node.name)}/∂${seed}`;
}
const arrow = (node) => {
  const [from, to] = [cut(node.name), cut(nodes[sweep.seed].name)];
  return reverse ? `${from} → ${to}` : `${to} → ${from}`;
};

// -- the picture as it stands

const turnOf = () => (frame ? sweep.turns[frames[frame - 1]] : -1);
const stateOf = (i, turn) => (sweep.turns[i] < turn ? "done" : sweep.turns[i] === turn ? "now" : "todo");
function redraw() {
  const turn = turnOf();
  draw({
    near,
    node: (node) => {
      const state = stateOf(node.i, turn);
      return { state, near: !near || near.has(node.i) || state === "now", selected: node.i === chosen, total: sweep.totals[node.i] };
    },
    edge: ({ tail, head }) => {
      const [taker, giver] = reverse ? [tail, head] : [head, tail];
      const state = sweep.reached[giver] ? stateOf(taker, turn) : "todo";
      if (state === "now") return "now";
      if (chosen >= 0 && (tail === chosen || head === chosen)) return "near";
      return near && !(near.has(tail) && near.has(head)) ? "far" : state;
    },
  });
}
let waiting = false;
function soon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    redraw();
  });
}

function arrange() {
  compose(sweep.totals);
  const shown = new Set(scene.shown.map((node) => node.i));
  const turn = turnOf();
  frames = sweep.order.filter((i) => shown.has(i));
  frame = frames.filter((i) => sweep.turns[i] <= turn).length;
  if (!shown.has(chosen)) chosen = -1;
  at("slider").max = frames.length;
  look();
  said();
  tree();
}

// -- steps

function go(to, follow = true) {
  frame = Math.min(Math.max(to, 0), frames.length);
  if (frame && follow) see(nodes[frames[frame - 1]]);
  said();
  redraw();
}

function said() {
  at("slider").value = frame;
  at("counter").textContent = `${frame} / ${frames.length}`;
  for (const id of ["first", "back"]) at(id).disabled = !frame;
  for (const id of ["next", "last"]) at(id).disabled = frame === frames.length;
  at("slider").setAttribute("aria-valuetext", `step ${frame} of ${frames.length}`);
  const caption = at("caption");
  if (!frame) return void (caption.textContent = `The sweep starts at ${nodes[sweep.seed].name}.`);
  const node = nodes[frames[frame - 1]];
  const ways = terms(node.i);
  const made = ways.slice(0, 4).map(({ edge, giver }) => `${bracketed(edge.label)} · ${bracketed(sweep.totals[giver])} by ${nodes[giver].name}`);
  if (ways.length > 4) made.push(`${ways.length - 4} more`);
  const how = node.i === sweep.seed ? " (the seed)" : ways.length ? `: ${plural(ways.length, "term")}, ${made.join("; ")}` : "";
  caption.textContent = `${node.label} = ${sweep.totals[node.i]}${how}.`;
}

const bracketed = (factor) => (factor.startsWith("−") ? `(${factor})` : factor);

// The edges along which a node takes terms, and from whom.
function terms(i) {
  return scene.edges
    .filter((edge) => (reverse ? edge.tail : edge.head) === i)
    .map((edge) => ({ edge, giver: reverse ? edge.head : edge.tail }))
    .filter(({ giver }) => sweep.reached[giver]);
}

// Keep a node in sight; nothing moves where it is.
function see(node) {
  const [x, y] = [node.x * view.k + view.x, node.y * view.k + view.y];
  const [w, h] = [(node.width * view.k) / 2 + 8, (node.height * view.k) / 2 + 8];
  if (x < w || y < h || x > canvas.clientWidth - w || y > canvas.clientHeight - h) centre(node.x, node.y);
}

// -- one node: what is near, and what it says

function look() {
  near = chosen < 0 || at("near").value === "all" ? null : reach(chosen, at("near").value);
  const node = nodes[chosen];
  at("node").hidden = !node;
  at("hint").hidden = Boolean(node);
  if (!node) return;
  at("name").textContent = node.stands < 0 ? node.how : node.name;
  at("facts").textContent = [node.value && `value ${node.value}`, `${node.label} = ${sweep.totals[node.i] ?? "none"}`].filter(Boolean).join(", ");
  const own = around(node.stands >= 0 ? node.stands : node.scope).map((k) => toggle(k, `${scopes[k].folded ? "Unfold" : "Fold"} ${scopes[k].name}`));
  at("folds").replaceChildren(...(node.stands >= 0 ? own.slice(0, 1) : own));
  listed("made", "Made from", scene.edges.filter(({ head }) => head === node.i), "tail");
  listed("used", "Used by", scene.edges.filter(({ tail }) => tail === node.i), "head");
}

function listed(id, title, edges, end) {
  const rows = edges.slice(0, LISTED).map((edge) => {
    const item = make("li", "");
    const button = Object.assign(make("button", nodes[edge[end]].name), { type: "button" });
    button.addEventListener("click", () => choose(edge[end], true));
    item.append(button, make("span", edge.label && ` partial ${edge.label}`));
    return item;
  });
  if (edges.length > LISTED) rows.push(make("li", `… and ${edges.length - LISTED} more`));
  at(id).previousElementSibling.textContent = `${title} (${edges.length})`;
  at(id).replaceChildren(...rows);
}

// The nodes so many edges away, or all that one is made from, or that are made from it.
function reach(i, how) {
  const [back, ahead] = [scene.before, scene.after];
  const ways = how === "from" ? [back] : how === "into" ? [ahead] : [back, ahead];
  const found = new Set([i]);
  let edge = [i];
  for (let depth = Number(how) || Infinity; depth > 0 && edge.length; depth -= 1) {
    edge = edge.flatMap((one) => ways.flatMap((way) => way.get(one).map((node) => node.i))).filter((one) => !found.has(one) && found.add(one));
  }
  return found;
}

function choose(i, follow) {
  if (i >= 0) {
    const hiding = around(nodes[i].inner).filter((k) => scopes[k].folded);
    const complaint = hiding.length ? setFolded(hiding.map((k) => [k, false])) : "";
    notice(complaint);
    if (complaint) return;
    chosen = i;
    if (hiding.length) arrange();
    if (follow) {
      if (view.k < READABLE) view.k = 0.8;
      see(nodes[i]);
    }
  } else chosen = -1;
  look();
  redraw();
}

const notice = (words) => (at("notice").textContent = words);

// -- scopes

function toggle(k, words) {
  const button = Object.assign(make("button", words, "worded"), { type: "button" });
  button.addEventListener("click", () => fold([[k, !scopes[k].folded]]));
  return button;
}

function fold(changes) {
  const anchor = chosen >= 0 ? chosen : -1;
  const from = anchor >= 0 ? [nodes[anchor].x * view.k + view.x, nodes[anchor].y * view.k + view.y] : null;
  const complaint = setFolded(changes);
  notice(complaint);
  if (complaint) return;
  arrange();
  if (from && chosen === anchor) { // what one looks at stays where it is
    view.x = from[0] - nodes[anchor].x * view.k;
    view.y = from[1] - nodes[anchor].y * view.k;
  } else fit();
  notice(`${plural(scene.shown.length, "node")} shown.`);
  redraw();
}

function tree() {
  const focus = document.activeElement?.dataset?.scope;
  const items = scopes.filter(({ parent }) => around(parent).every((k) => !scopes[k].folded)).map((scope) => {
    const item = make("li", "");
    item.dataset.depth = Math.min(around(scope.parent).length, 5);
    const button = Object.assign(make("button", scope.name), { type: "button" });
    button.dataset.scope = scope.k;
    button.setAttribute("aria-expanded", !scope.folded);
    button.addEventListener("click", () => fold([[scope.k, !scope.folded]]));
    item.append(button);
    return item;
  });
  at("scopes").replaceChildren(...items);
  if (focus) at("scopes").querySelector(`[data-scope="${focus}"]`)?.focus();
}

// -- search

let hits = [];
function search() {
  const words = at("search").value.trim().toLowerCase();
  const names = ({ name, key }) => [key.toLowerCase(), name.toLowerCase()]; // as it is written, and as it is shown
  const rank = (node) => (names(node).includes(words) ? 0 : names(node).some((name) => name.startsWith(words)) ? 1 : 2);
  hits = words ? nodes.filter((node) => names(node).some((name) => name.includes(words))) : [];
  hits.sort((a, b) => rank(a) - rank(b) || a.i - b.i);
  at("found").textContent = words ? (hits.length ? plural(hits.length, "node") : `No name has “${at("search").value.trim()}” in it.`) : "";
  at("hits").replaceChildren(
    ...hits.slice(0, LISTED).map((node) => {
      const item = make("li", "");
      const button = Object.assign(make("button", node.name), { type: "button" });
      button.addEventListener("click", () => choose(node.i, true));
      item.append(button);
      return item;
    }),
  );
}

// -- keys in the graph: arrows walk along edges

let walk = null;
function step(key) {
  const [ahead, behind] = ["ArrowRight", "ArrowLeft"];
  if (chosen < 0) return choose(frames[frame - 1] ?? sweep.seed, true);
  if (key === ahead || key === behind) {
    const ways = (key === ahead ? scene.after : scene.before).get(chosen);
    if (!ways.length) return void notice(`No edge leads ${key === ahead ? "on from" : "to"} ${nodes[chosen].name}.`);
    walk = { ways: [...new Set(ways)], k: 0 };
  } else if (walk) walk.k = (walk.k + (key === "ArrowDown" ? 1 : walk.ways.length - 1)) % walk.ways.length;
  else return;
  choose(walk.ways[walk.k].i, true);
  const { name, how, value } = nodes[chosen];
  notice(`${how === name ? name : how}${value && `, value ${value}`}${walk.ways.length > 1 ? ` (${walk.k + 1} of ${walk.ways.length})` : ""}`);
}

canvas.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const { key } = event;
  if (key.startsWith("Arrow")) step(key);
  else if (key === "Enter" && chosen >= 0 && nodes[chosen].scope >= 0) fold([[nodes[chosen].stands >= 0 ? nodes[chosen].stands : nodes[chosen].scope, nodes[chosen].stands < 0]]);
  else if (key === "Escape") choose(-1);
  else return;
  event.preventDefault();
  event.stopPropagation();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || /^(INPUT|SELECT)$/.test(event.target.tagName)) return;
  const acts = {
    ArrowRight: () => go(frame + 1), ArrowLeft: () => go(frame - 1), Home: () => go(0), End: () => go(frames.length),
    "/": () => at("search").focus(), "+": () => (zoom(1.25), soon()), "-": () => (zoom(0.8), soon()), 0: () => (fit(), soon()),
  };
  if (!acts[event.key]) return;
  acts[event.key]();
  event.preventDefault();
});

// -- pointer: drag, wheel, pinch, click

const fingers = new Map();
let moved = 0;
canvas.addEventListener("pointerdown", (event) => {
  fingers.set(event.pointerId, event);
  canvas.setPointerCapture(event.pointerId);
  moved = 0;
});
canvas.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return void canvas.classList.toggle("over", Boolean(nodeAt(event.offsetX, event.offsetY)));
  const other = [...fingers.values()].find(({ pointerId }) => pointerId !== event.pointerId);
  const [dx, dy] = [event.offsetX - before.offsetX, event.offsetY - before.offsetY];
  if (other) {
    const apart = (one) => Math.hypot(one.offsetX - other.offsetX, one.offsetY - other.offsetY);
    zoom(apart(event) / Math.max(apart(before), 1), other.offsetX, other.offsetY);
  } else {
    view.x += dx;
    view.y += dy;
  }
  moved += Math.abs(dx) + Math.abs(dy);
  fingers.set(event.pointerId, event);
  soon();
});
for (const name of ["pointerup", "pointercancel"]) {
  canvas.addEventListener(name, (event) => {
    fingers.delete(event.pointerId);
    if (name === "pointerup" && moved < 5) choose(nodeAt(event.offsetX, event.offsetY)?.i ?? -1);
  });
}
canvas.addEventListener("dblclick", (event) => {
  const node = nodeAt(event.offsetX, event.offsetY);
  if (node && node.scope >= 0) fold([[node.stands >= 0 ? node.stands : node.scope, node.stands < 0]]);
});
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.offsetX, event.offsetY);
  soon();
}, { passive: false });

// -- the rest of the page

const click = (id, act) => at(id).addEventListener("click", act);
click("first", () => go(0));
click("back", () => go(frame - 1));
click("next", () => go(frame + 1));
click("last", () => go(frames.length));
click("in", () => (zoom(1.25), soon()));
click("out", () => (zoom(0.8), soon()));
click("fit", () => (fit(), soon()));
click("unfold", () => fold(scopes.map(({ k }) => [k, false])));
click("foldall", () => fold(scopes.map(({ k }) => [k, true])));
click("step", () => chosen >= 0 && frames.includes(chosen) && go(frames.indexOf(chosen) + 1));
at("slider").addEventListener("input", () => go(Number(at("slider").value)));
at("near").addEventListener("change", () => (look(), redraw()));
at("search").addEventListener("input", search);
at("search").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && hits.length) choose(hits[0].i, true);
  if (event.key === "Escape") (at("search").value = ""), search();
});
at("sweep").addEventListener("change", () => {
  sweep = sweeps[at("sweep").value];
  frame = 0;
  arrange();
  redraw();
});
click("theme", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  readColours();
  redraw();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => (readColours(), redraw()));
new ResizeObserver(() => {
  resize();
  redraw();
}).observe(canvas);

async function start() {
  document.body.classList.add("live");
  at("scopebox").hidden = !scopes.length;
  at("sweepbox").hidden = sweeps.length < 2;
  at("sweep").replaceChildren(...sweeps.map(({ seed }, k) => Object.assign(make("option", nodes[seed].name), { value: k })));
  readColours();
  await Promise.all([0, 1].map((i) => document.fonts.load(slanted(i), "∂x")));
  resize();
  arrange();
  fit();
  redraw();
  document.body.dataset.ready = performance.now().toFixed(0);
}
start();
