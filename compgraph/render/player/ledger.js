// The ledger of paths: a path is lit where its row is pointed at, or has the focus.

function makeLedgers(pictures) {
  const place = at("ledgers");
  const picture = pictures[0];
  const { ledgers } = picture.film;
  if (!place || !ledgers.length) return { refresh() {} };
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
      for (const event of ["pointerenter", "focus"]) line.addEventListener(event, () => picture.light(edges));
      for (const event of ["pointerleave", "blur"]) line.addEventListener(event, () => picture.light(null));
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
  return {
    // other partials: products and sums anew
    refresh({ partials, total }) {
      for (const { rows, ending, tail, head } of ledgers) {
        let soFar = 0;
        for (const line of rows) {
          const factors = line[0].map((edge) => partials[edge]).reverse();
          const product = line[0].reduce((p, edge) => partials[edge] * p, 1);
          soFar += product;
          const digits = picture.film.digits;
          line[2] = factors.length > 1 ? equation([factors], product, digits).slice(3) : number(product, digits);
          line[3] = number(soFar, digits);
        }
        ending[ending.length - 1] = ending.at(-1).replace(/[=≈][^=≈]*$/, `= ${number(total(tail, head), picture.film.digits)}`);
      }
      fill();
    },
  };
}
