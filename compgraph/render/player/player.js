"use strict";
// One picture, many frames. Every node and edge knows its turn; a frame is a number to compare it with.
// Texts come from the data and enter as text, sentences are copied from the list of steps: nothing is parsed as HTML.
(() => {
  const at = (id) => document.getElementById(id);
  const film = JSON.parse(at("film").textContent);
  const steps = [...at("steps").children];
  const last = steps.length - 1;
  const frames = film.sweeps.flatMap((sweep) => Array.from({ length: sweep.frames }, (_, turn) => ({ sweep, turn })));
  const [stage, caption, slider, counter, heading] = ["stage", "caption", "slider", "counter", "heading"].map(at);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const states = ["cg-todo", "cg-now", "cg-done", "cg-off", "cg-used"];
  // A turn is a number, or the life of what comes and goes: [made, used, gone].
  const state = (turn, now) => {
    if (!turn?.length) return !turn || turn > now ? 0 : turn === now ? 1 : 2;
    const [made, used, gone] = turn;
    if (now < made || (gone && now >= gone)) return 3;
    return !now ? 0 : now === made ? 1 : now === used ? 4 : 0;
  };

  const nodes = film.sweeps[0].turns.map((_, i) => {
    const group = at("n" + i);
    return { group, mark: group.querySelector(".cg-mark"), total: group.querySelector(".cg-total") };
  });
  const edges = film.sources.map((source, i) => {
    const label = at("l" + i);
    const lives = film.sweeps.some((sweep) => sweep.edges[i]?.length); // its term is its label, and stays
    const term = lives ? null : label?.querySelector(".cg-term");
    return { source, lives, groups: [at("e" + i), label].filter(Boolean), term };
  });

  function write(element, runs) {
    element.replaceChildren(
      ...runs.map((run, i) => {
        if (i % 2 === 0) return document.createTextNode(run);
        const span = document.createElementNS("http://www.w3.org/2000/svg", "tspan");
        span.setAttribute("class", "cg-i");
        span.textContent = run;
        return span;
      }),
    );
  }

  let shown = -1;
  let timer = 0;

  function show(frame) {
    frame = Math.min(Math.max(frame, 0), last);
    if (frame === shown) return;
    shown = frame;
    const { sweep, turn: now } = frames[frame];
    const sources = new Set();
    edges.forEach((edge, i) => {
      const is = state(sweep.edges[i], now);
      if (is === 1 && !edge.lives) sources.add(edge.source);
      if (edge.is === is && edge.sweep === sweep) return;
      for (const group of edge.groups) states.forEach((name, s) => group.classList.toggle(name, s === is));
      if (edge.term) write(edge.term, is === 1 ? [sweep.terms[i]].flat() : []);
      Object.assign(edge, { is, sweep });
    });
    let current = -1;
    nodes.forEach((node, i) => {
      const is = state(sweep.turns[i], now);
      const turn = sweep.turns[i].length ? sweep.turns[i][1] : sweep.turns[i];
      if (turn === (now || 1)) current = i;
      node.group.classList.toggle("cg-from", sources.has(i));
      if (node.is === is && node.sweep === sweep) return;
      states.forEach((name, s) => node.group.classList.toggle(name, s === is));
      Object.assign(node, { is, sweep });
      if (!node.total) return; // nothing is left at the nodes of an elimination
      node.mark.setAttribute("d", film.marks[is]);
      const label = sweep.labels[i];
      const [first, ...more] = [is ? sweep.totals[i] : film.unknown].flat();
      const upright = label.length % 2 ? label.at(-1) : "";
      write(node.total, [...label.slice(0, label.length - (label.length % 2)), `${upright} = ${first}`, ...more]);
    });
    heading.textContent = sweep.heading;
    caption.replaceChildren(...steps[frame].cloneNode(true).childNodes);
    steps.forEach((step, i) => (i === frame ? step.setAttribute("aria-current", "step") : step.removeAttribute("aria-current")));
    counter.textContent = `${frame} / ${last}`;
    stage.firstElementChild.setAttribute("aria-label", `${sweep.heading}, step ${frame} of ${last}`);
    slider.value = frame;
    slider.setAttribute("aria-valuetext", `step ${frame} of ${last}`);
    for (const id of ["first", "back"]) at(id).disabled = frame === 0;
    for (const id of ["next", "last"]) at(id).disabled = frame === last;
    if (frame === last) pause();
    if (current >= 0) follow(nodes[current].group);
  }

  // Keep the current node in sight where the picture is larger than its window.
  function follow(group) {
    const [box, view] = [group.getBoundingClientRect(), stage.getBoundingClientRect()];
    stage.scrollBy({
      left: box.left + box.width / 2 - view.left - view.width / 2,
      top: box.top + box.height / 2 - view.top - view.height / 2,
      behavior: calm.matches ? "auto" : "smooth",
    });
  }

  function pause() {
    clearInterval(timer);
    timer = 0;
    at("play").setAttribute("aria-pressed", "false");
    caption.setAttribute("aria-live", "polite");
  }

  function play() {
    if (timer) return pause();
    if (shown === last) show(0);
    at("play").setAttribute("aria-pressed", "true");
    caption.setAttribute("aria-live", "off"); // a listener would be interrupted at every step
    timer = setInterval(() => show(shown + 1), 2000);
  }

  const go = (frame) => (pause(), show(frame));
  const actions = {
    first: () => go(0),
    back: () => go(shown - 1),
    play,
    next: () => go(shown + 1),
    last: () => go(last),
    theme() {
      const root = document.documentElement;
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
    },
  };
  for (const [id, action] of Object.entries(actions)) at(id).addEventListener("click", action);
  slider.addEventListener("input", () => go(Number(slider.value)));

  const keys = { ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last", " ": "play" };
  document.addEventListener("keydown", (event) => {
    const id = keys[event.key];
    if (!id || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key === " " && event.target.closest("button, summary")) return; // they know what to do
    event.preventDefault();
    actions[id]();
  });

  slider.max = last;
  document.body.classList.add("live");
  document.querySelector("details").open = false;
  show(Number.parseInt(location.hash.slice(1), 10) || 0);
})();
