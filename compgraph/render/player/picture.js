// One picture, many frames. Every node and edge knows its turn; a frame is a number to compare it with.
// Texts come from the data and enter as text, sentences are copied from the list of steps: nothing is parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";
const STATES = ["cg-todo", "cg-now", "cg-done", "cg-off", "cg-used"];
const ASKED = "?";
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const at = (id) => document.getElementById(id);
const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

// A turn is a number, or the life of what comes and goes: [made, used, gone].
function state(turn, now) {
  if (!turn?.length) return !turn || turn > now ? 0 : turn === now ? 1 : 2;
  const [made, used, gone] = turn;
  if (now < made || (gone && now >= gone)) return 3;
  return !now ? 0 : now === made ? 1 : now === used ? 4 : 0;
}

// Runs of text, upright and italic in turn.
function write(element, runs) {
  element.replaceChildren(
    ...runs.map((run, i) => {
      if (i % 2 === 0) return document.createTextNode(run);
      const span = document.createElementNS(SVG, "tspan");
      span.setAttribute("class", "cg-i");
      span.textContent = run;
      return span;
    }),
  );
}

// The same in HTML; and a text cut where a letter stands alone, as u in u₁: that is a variable.
const slanted = (runs) => [runs].flat().map((run, i) => (i % 2 ? Object.assign(document.createElement("i"), { textContent: run }) : run));
const LETTERS = "A-Za-zÀ-ÖØ-öø-ʯͰ-ϿЀ-ӿ";
const SINGLE = new RegExp(`(?<![${LETTERS}_])(?!Σ)([${LETTERS}])(?![${LETTERS}_])`);
const typeset = (text) => slanted(text.split(SINGLE));

// A sentence, in which "a" may be a word: only letters that are names are variables.
function told(text, letters) {
  const runs = text.split(SINGLE);
  const kept = [runs[0]];
  for (let i = 1; i < runs.length; i += 2) {
    if (letters.includes(runs[i])) kept.push(runs[i], runs[i + 1]);
    else kept.push(kept.pop() + runs[i] + runs[i + 1]);
  }
  return slanted(kept);
}

// Room for a term: a chip and the text in it.
function makeTerm(label, [middle, baseline, width]) {
  const make = (name, kind, places) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries({ class: kind, ...places })) element.setAttribute(key, value);
    label.append(element);
    return element;
  };
  make("rect", "cg-chip", { x: middle - width / 2, y: baseline - 15, width, height: 20 });
  return make("text", "cg-label cg-term", { x: middle, y: baseline });
}

// A text gives way where there is no more room for it.
function fit(element, room) {
  element.removeAttribute("textLength");
  if (element.getComputedTextLength() <= room) return;
  element.setAttribute("textLength", room);
  element.setAttribute("lengthAdjust", "spacingAndGlyphs");
}

function makePicture(film, n) {
  const mine = (id) => at(id + (n ? n + 1 : ""));
  const drawn = (id) => at((n ? "b" : "") + id);
  const [stage, caption, heading, cost] = ["stage", "caption", "heading", "cost"].map(mine);
  const svg = stage.firstElementChild;
  const steps = [...mine("steps").children];
  const last = steps.length - 1;
  const reverse = film.direction === "reverse";
  const frames = [];
  let paid = [0, 0];
  for (const sweep of film.sweeps) {
    // turns are what the steps say, but for what comes and goes
    sweep.turns ??= film.nodes.map(() => 0);
    sweep.edges ??= film.edges.map(() => 0);
    sweep.steps.forEach(([node, edges], k) => {
      if (sweep.lives) return;
      sweep.turns[node] = k + 1;
      for (const edge of edges) sweep.edges[edge] = k + 1;
    });
    sweep.first = frames.length;
    for (let now = 0; now <= sweep.steps.length; now += 1) {
      const [node, edges, costs] = now ? sweep.steps[now - 1] : [-1, [], [0, 0]];
      frames.push({ sweep, now, node, edges, cost: costs.map((count, i) => count + paid[i]) });
    }
    paid = frames.at(-1).cost;
  }

  const runs = (text) => (film.plain ? [text] : text.split(SINGLE));
  for (const text of svg.querySelectorAll("text")) if (!film.plain) write(text, runs(text.textContent));
  const nodes = film.nodes.map((name, i) => {
    const group = drawn("n" + i);
    const [mark, total] = [".cg-mark", ".cg-total"].map((part) => group.querySelector(part));
    const value = [...group.querySelectorAll("text:not(.cg-total)")].at(-1);
    return { group, mark, total, name, value, width: (group.firstElementChild.getAttribute("width") ?? 60) - 16 };
  });
  const edges = film.edges.map(([tail, head], i) => {
    const label = drawn("l" + i);
    const lives = film.sweeps.some((sweep) => sweep.lives); // its term is its label, and stays
    const term = film.rooms[i] ? makeTerm(label, film.rooms[i]) : label?.querySelector(".cg-term");
    const partial = label?.querySelector(".cg-label:not(.cg-formula,.cg-term)");
    return {
      tail, head, label, lives, partial, term: lives ? null : term, shown: lives ? term : partial,
      source: reverse ? head : tail, groups: [drawn("e" + i), label].filter(Boolean),
    };
  });

  const self = { film, n, svg, stage, steps, last, frames, nodes, edges, caption, shown: -1, asked: false };
  self.typeset = (text) => slanted(runs(text));

  // A step in words, its variables slanted.
  function spoken(item) {
    for (const part of film.plain ? [] : item.querySelectorAll("p, b")) {
      for (const text of [...part.childNodes]) if (text.nodeType === 3) text.replaceWith(...told(text.data, film.letters));
    }
    return item;
  }
  const list = mine("steps").parentNode;
  list.addEventListener("toggle", () => list.open && steps.forEach(spoken));

  // What a frame is about: the question where it is asked, the sentence where not.
  function describe(frame) {
    if (frame > last) {
      const words = document.createElement("p");
      words.textContent = `Finished after ${plural(last, "step")}.`;
      return caption.replaceChildren(words);
    }
    const item = spoken(steps[frame].cloneNode(true));
    if (self.asked) {
      const { sweep, node } = frames[frame];
      const question = document.createElement("p");
      question.append("What is ", ...self.typeset(sweep.labels[node]), "?");
      caption.replaceChildren(question);
    } else caption.replaceChildren(...item.childNodes);
  }

  let marked = null;
  self.show = (frame, asked = false) => {
    frame = Math.min(Math.max(frame, 0), last + 1);
    if (frame === self.shown && asked === self.asked) return;
    const over = frame > last; // beside a longer film: all is done
    const { sweep, now: turn, node: current, cost: [products, sums] } = frames[over ? last : frame];
    const now = over ? Infinity : turn;
    const again = self.asked || asked; // what was hidden may be shown now
    Object.assign(self, { shown: frame, asked });
    const sources = new Set();
    edges.forEach((edge, i) => {
      const is = state(sweep.edges[i], now);
      if (is === 1 && !edge.lives) sources.add(edge.source);
      if (edge.is === is && edge.sweep === sweep && !(again && is === 1)) return;
      for (const group of edge.groups) STATES.forEach((name, s) => group.classList.toggle(name, s === is));
      if (edge.term) write(edge.term, is === 1 ? runs(asked ? ASKED : sweep.terms[i]) : []);
      if (edge.term && is === 1 && edge.live) fit(edge.term, edge.live);
      Object.assign(edge, { is, sweep });
    });
    nodes.forEach((node, i) => {
      const is = state(sweep.turns[i], now);
      if (node.from !== sources.has(i)) node.group.classList.toggle("cg-from", (node.from = sources.has(i)));
      if (node.is === is && node.sweep === sweep && !(again && is === 1)) return;
      STATES.forEach((name, s) => node.group.classList.toggle(name, s === is));
      Object.assign(node, { is, sweep });
      if (node.total) { // nothing is left at the nodes of an elimination
        node.mark.setAttribute("d", film.marks[is]);
        const total = !is || (asked && is === 1) ? ASKED : sweep.totals[i];
        write(node.total, runs(`${sweep.labels[i]} = ${total}`));
        if (node.live) fit(node.total, node.width - 22);
      }
      node.group.setAttribute("aria-disabled", is === 3);
    });
    heading.textContent = sweep.heading;
    cost.textContent = `${plural(products, "multiplication")}, ${plural(sums, "addition")}`;
    svg.setAttribute("aria-label", `${sweep.heading}, ${over ? "finished" : `step ${frame} of ${last}`}`);
    describe(frame);
    marked?.removeAttribute("aria-current");
    marked = steps[Math.min(frame, last)];
    marked.setAttribute("aria-current", "step");
    const focus = current >= 0 ? current : (sweep.steps[0]?.[0] ?? 0);
    if (!svg.contains(document.activeElement)) tabTo(focus >= 0 ? focus : 0);
    if (!over && (current >= 0 || sweep.lives)) follow(nodes[current >= 0 ? current : 0].group);
  };

  // Show the same frame with other numbers.
  self.refresh = () => {
    const { shown, asked } = self;
    for (const part of [...nodes, ...edges]) part.is = undefined;
    self.shown = -1;
    self.show(shown, asked);
  };

  // Keep the current node in sight where the picture is larger than its window.
  function follow(group) {
    const [box, view] = [group.getBoundingClientRect(), stage.getBoundingClientRect()];
    stage.scrollBy({
      left: box.left + box.width / 2 - view.left - view.width / 2,
      top: box.top + box.height / 2 - view.top - view.height / 2,
      behavior: calm.matches ? "auto" : "smooth",
    });
  }

  // The frames in which a node has its turn come first, then those in which others take from it.
  self.framesOf = (i) => {
    const own = [...frames.keys()].filter((k) => frames[k].node === i);
    const from = [...frames.keys()].filter((k) => frames[k].edges.some((edge) => edges[edge].source === i));
    return [...own, ...from.filter((k) => !own.includes(k))];
  };

  // Light some edges and their ends, and let all else step back; nothing to end it.
  self.light = (lit, dim = true) => {
    const there = new Set(lit);
    const ends = new Set(lit?.flatMap((i) => [edges[i].tail, edges[i].head]));
    stage.classList.toggle("dim", Boolean(lit) && dim);
    edges.forEach((edge, i) => edge.groups.forEach((group) => group.classList.toggle("cg-lit", there.has(i))));
    nodes.forEach((node, i) => node.group.classList.toggle("cg-lit", ends.has(i)));
  };

  // -- from node to node along edges, by keyboard

  let walk = { ways: [], k: 0 };
  let stop = 0;
  function tabTo(i) {
    nodes[stop].group.setAttribute("tabindex", -1);
    nodes[(stop = i)].group.setAttribute("tabindex", 0);
  }
  function step(way, origin) {
    const edge = edges[way];
    const end = edge.tail === origin ? edge.head : edge.tail;
    tabTo(end);
    nodes[end].group.focus();
    follow(nodes[end].group);
    self.light([way], false);
    const label = [...(edge.label?.querySelectorAll("text:not(.cg-term)") ?? [])].map((text) => text.textContent);
    const said = (edge.lives ? [edge.shown.textContent] : label).join(" = ");
    const among = walk.ways.length > 1 ? ` (edge ${walk.k + 1} of ${walk.ways.length})` : "";
    const words = `${film.nodes[edge.tail]} → ${film.nodes[edge.head]}${among}, ${said ? `partial ${said}` : "no partial"}`;
    at("walk").replaceChildren(...typeset(words));
  }
  const axes = { LR: "ArrowRight ArrowLeft", RL: "ArrowLeft ArrowRight", TB: "ArrowDown ArrowUp", BT: "ArrowUp ArrowDown" };
  const [ahead, behind] = axes[film.rankdir].split(" ");
  self.walk = (i, key) => {
    if (key === ahead || key === behind) {
      const from = key === ahead ? "tail" : "head";
      const ways = [...edges.keys()].filter((k) => edges[k][from] === i && edges[k].is !== 3);
      if (!ways.length) return void (at("walk").textContent = `No edge leads ${key === ahead ? "on from" : "to"} ${film.nodes[i]}.`);
      walk = { ways, k: 0, origin: i };
    } else if (walk.ways.length) {
      const by = key === "ArrowDown" || key === "ArrowRight" ? 1 : walk.ways.length - 1;
      walk.k = (walk.k + by) % walk.ways.length;
    } else return;
    step(walk.ways[walk.k], walk.origin);
  };

  svg.setAttribute("role", "group");
  svg.classList.remove("cg-done");
  nodes.forEach(({ group }, i) => {
    group.setAttribute("role", "button");
    group.setAttribute("tabindex", i ? -1 : 0);
    group.addEventListener("mousedown", (event) => event.preventDefault()); // keys go on stepping
    group.addEventListener("blur", () => self.light(null));
    group.dataset.node = i;
  });
  return self;
}
