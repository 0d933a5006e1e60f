// A film in a cell. Its page stands in a frame and is stepped by its own controls; what happens there is told to Python.

const EMPTY = null;

function watch(page, model) {
  const slider = page.getElementById("slider");
  const nodes = [...page.querySelectorAll("[data-node]")];
  const keys = model.get("_keys");
  const keyOf = (target) => {
    const node = target.closest("[data-node]");
    return node ? keys[node.dataset.node] : EMPTY;
  };

  function tell(name, value) {
    if (model.get(name) === value) return;
    model.set(name, value);
    model.save_changes();
  }
  function step() {
    if (Number(slider.value) === model.get("step")) return;
    slider.value = model.get("step");
    slider.dispatchEvent(new Event("input"));
  }
  function select() {
    for (const node of nodes) {
      const chosen = keyOf(node) === model.get("selection");
      node.setAttribute("aria-pressed", chosen);
      const card = node.querySelector(".cg-card");
      if (card) Object.assign(card.style, chosen ? { stroke: "var(--ink)", strokeWidth: "5" } : { stroke: "", strokeWidth: "" });
    }
  }

  // the counter is written at every step, whoever asked for it, and where a question holds the film back
  new MutationObserver(() => tell("step", Number(slider.value))).observe(page.getElementById("counter"), { childList: true });
  for (const stage of page.querySelectorAll(".stage")) {
    stage.addEventListener("click", ({ target }) => tell("selection", keyOf(target)));
    stage.addEventListener("focusin", ({ target }) => target.matches(":focus-visible") && tell("selection", keyOf(target)));
  }
  model.on("change:step", step);
  model.on("change:selection", select);
  step();
  select();
  return () => {
    model.off("change:step", step);
    model.off("change:selection", select);
  };
}

function render({ model, el }) {
  const frame = document.createElement("iframe");
  const [width, height] = model.get("_window");
  Object.assign(frame.style, { display: "block", width: "100%", maxWidth: `${width}px`, height: `${height}px`, border: "0" });
  frame.title = model.get("_title");
  let leave = () => {};
  frame.addEventListener("load", () => { // again where a notebook moves its cells
    leave();
    leave = watch(frame.contentDocument, model);
  });
  frame.srcdoc = model.get("_page");
  el.append(frame);
  return () => leave();
}

export default { render };
