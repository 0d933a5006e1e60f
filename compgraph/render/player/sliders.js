// Sliders for the inputs: the program of the graph, in JavaScript, labels it anew; then its sweeps are made again.

function makeSliders(pictures, programs, changed) {
  const box = at("inputs");
  const own = pictures.map(({ film, n }) => ({ film, label: programs[n] })).filter(({ label }) => label);
  if (!box || !own.length) return;
  const { film } = own[0];
  const digits = film.digits;
  const point = film.inputs.map(([, value]) => value);
  const branches = own.map(({ label, film }) => String(label(...film.inputs.map(([, value]) => value))[2]));
  const sliders = film.inputs.map(([node, value], i) => {
    const row = box.querySelector("template").content.firstElementChild.cloneNode(true);
    const [name, slider, shown] = row.children;
    const reach = Math.max(1, Math.abs(value));
    name.append(...typeset(film.nodes[node]));
    name.htmlFor = slider.id = `input${i}`;
    const tell = () => {
      shown.textContent = number(point[i], digits);
      slider.setAttribute("aria-valuetext", shown.textContent);
    };
    slider.addEventListener("input", () => {
      point[i] = slider.value === "0" ? value : Number((value + (reach * slider.value) / 100).toPrecision(12));
      tell();
      slide();
    });
    tell();
    return { row, reset: () => ((slider.value = 0), (point[i] = value), tell()) };
  });

  function slide() {
    const moved = own.map(({ film, label }) => {
      const [values, partials, taken] = label(...film.inputs.map(([node]) => point[inputPlace(node, film)]));
      return { film, values, partials, taken: String(taken) };
    });
    const other = moved.some(({ taken }, i) => taken !== branches[i]);
    const broken = moved.some(({ values, partials }) => [...values, ...partials].some((x) => x !== undefined && !Number.isFinite(Number(x))));
    at("notice").textContent = other
      ? "Another branch counts here, and the graph has other edges: make a film at this point."
      : broken ? "Outside the domain, or too large: not all of these numbers exist." : "";
    if (other) return;
    for (const { film, values, partials } of moved) relabel(pictures.find((one) => one.film === film), values, partials);
    changed();
  }
  const inputPlace = (node, other) => film.inputs.findIndex(([one]) => film.nodes[one] === other.nodes[node]);

  at("reset").addEventListener("click", () => (sliders.forEach(({ reset }) => reset()), slide()));
  at("inputrows").append(...sliders.map(({ row }) => row));
  box.hidden = false;
}

// The sweeps of a film over other partials: every node pulls its terms, in the order that Python gave them.
function sweepAgain(film, partials) {
  film.partials = partials;
  for (const sweep of film.sweeps) {
    const totals = (sweep.numbers = film.nodes.map(() => 0));
    sweep.terms = film.edges.map(() => "");
    for (const [node, edges, , seed] of sweep.steps) {
      totals[node] = edges.reduce((sum, edge) => sum + partials[edge] * totals[sourceOf(film, edge)], seed ?? 0);
      for (const edge of edges) {
        const product = number(partials[edge] * totals[sourceOf(film, edge)], film.digits);
        sweep.terms[edge] = product[0] === "−" ? product : `+${product}`;
      }
    }
    sweep.totals = totals.map((total) => number(total, film.digits));
  }
}
const sourceOf = (film, edge) => film.edges[edge][film.direction === "reverse" ? 1 : 0];

function change(element, words, room) {
  element.textContent = words;
  fit(element, room);
}

function relabel(picture, values, partials) {
  const { film, nodes, edges, steps } = picture;
  const { digits } = film;
  nodes.forEach((node, i) => {
    node.live = true;
    if (values[i] !== undefined && node.value?.textContent.startsWith("= ")) change(node.value, `= ${number(values[i], digits)}`, node.width);
  });
  edges.forEach((edge, i) => {
    if (!edge.partial || partials[i] === undefined) return;
    edge.live ??= edge.label.getBBox().width + 8;
    change(edge.partial, number(partials[i], digits), edge.live);
  });
  sweepAgain(film, partials);
  for (const sweep of film.sweeps) {
    sweep.steps.forEach(([node, along], k) => {
      const terms = along.map((edge) => {
        const pair = [sweep.numbers[sourceOf(film, edge)], partials[edge]];
        return film.direction === "reverse" ? pair : pair.reverse();
      });
      const told = steps[sweep.first + k + 1].querySelector("b");
      if (told) told.textContent = equation(terms, sweep.numbers[node], digits);
    });
  }
  picture.refresh();
}
