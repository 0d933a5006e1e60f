// The ledger of paths: a path is lit where its row is pointed at, or has the focus.

function makeLedgers(pictures) {
  const place = at("ledgers");
  const [{ film }] = pictures;
  const same = (other) => String(other.edges) === String(film.edges) && String(other.nodes) === String(film.nodes);
  const twins = pictures.filter((picture) => same(picture.film)); // the same graph beside itself is lit as well
  const light = (edges) => twins.forEach((picture) => picture.light(edges));
  const { ledgers, digits } = film;
  const body = place.querySelector("tbody");
  const choice = place.querySelector("select");
  let chosen = 0;

  function row(texts, edges) {
    const line = document.createElement("tr");
    for (const text of texts) {
      const cell = document.createElement("td");
      cell.append(...typeset(tied(text)));
      line.append(cell);
    }
    if (edges) {
      line.tabIndex = 0;
      for (const event of ["pointerenter", "focus"]) line.addEventListener(event, () => light(edges));
      for (const event of ["pointerleave", "blur"]) line.addEventListener(event, () => light(null));
    }
    return line;
  }

  function fill() {
    const { rows, ending } = ledgers[chosen];
    const lines = rows.map(([edges, ...texts]) => row(texts, edges));
    const end = row(ending.length > 2 ? [ending.slice(0, -2).join(" "), "", ending.at(-1)] : [ending[0], ending[1], ""]);
    end.className = "ending";
    body.replaceChildren(...lines, end);
  }

  choice.append(...ledgers.map(({ title }, i) => new Option(title, i)));
  choice.addEventListener("change", () => ((chosen = choice.selectedIndex), fill()));
  place.hidden = false;
  fill();
  const sweepOf = (node) => film.sweeps.find((sweep) => sweep.seed === node);
  const total = (tail, head) => (film.direction === "reverse" ? sweepOf(head).numbers[tail] : sweepOf(tail).numbers[head]);

  return {
    // The partials are other ones: products and sums anew.
    refresh() {
      for (const { rows, ending, tail, head } of ledgers) {
        let soFar = 0;
        for (const line of rows) {
          const factors = line[0].map((edge) => film.partials[edge]).reverse();
          const product = line[0].reduce((p, edge) => film.partials[edge] * p, 1);
          soFar += product;
          line[2] = factors.length > 1 ? equation([factors], product, digits).slice(3) : number(product, digits);
          line[3] = number(soFar, digits);
        }
        ending[ending.length - 1] = ending.at(-1).replace(/[=≈][^=≈]*$/, `= ${number(total(tail, head), digits)}`);
      }
      fill();
    },
  };
}
