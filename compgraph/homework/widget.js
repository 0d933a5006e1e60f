// A worksheet in a cell. Its page stands in a frame; what is typed there is told to Python, which marks it on request.

function frameOf(title) {
  const frame = document.createElement("iframe");
  Object.assign(frame.style, { display: "block", width: "100%", height: "0", border: "0" });
  frame.title = title;
  return frame;
}

// As high as what is in it.
function fit(frame) {
  const { body } = frame.contentDocument;
  const margin = parseFloat(getComputedStyle(body).marginTop) + parseFloat(getComputedStyle(body).marginBottom);
  new ResizeObserver(() => (frame.style.height = `${Math.ceil(body.offsetHeight + margin)}px`)).observe(body);
}

function watch(page, model) {
  const fields = [...page.querySelectorAll("input[name]")];
  const typed = () => Object.fromEntries(fields.filter(({ value }) => value).map(({ name, value }) => [name, value]));
  const answers = () => model.get("answers");

  function tell() {
    if (fields.every(({ name, value }) => value === (answers()[name] ?? ""))) return;
    model.set("answers", typed());
    model.save_changes();
  }
  function fill() {
    for (const field of fields) {
      const answer = answers()[field.name] ?? "";
      if (field.value === answer) continue;
      field.value = answer;
      field.dispatchEvent(new Event("input"));
    }
  }

  if (Object.keys(answers()).length) fill();
  else tell(); // what the browser has kept from before
  // the page counts again whenever anything is typed, loaded or cleared
  new MutationObserver(tell).observe(page.getElementById("count"), { childList: true });
  model.on("change:answers", fill);
  return () => model.off("change:answers", fill);
}

function render({ model, el }) {
  const sheet = frameOf(model.get("_title"));
  const report = frameOf("Report");
  const check = document.createElement("button");
  check.textContent = "Check";
  check.style.cssText = "font:inherit;margin:8px 0;min-height:36px;padding:0 22px;border:0;border-radius:4px;background:#1f5fa8;color:#fff;cursor:pointer";
  const region = document.createElement("div");
  region.setAttribute("aria-live", "polite");
  region.append(report);
  report.sandbox = "allow-same-origin"; // it is measured; nothing in it runs

  let leave = () => {};
  sheet.addEventListener("load", () => { // again where a notebook moves its cells
    leave();
    leave = watch(sheet.contentDocument, model);
    fit(sheet);
  });
  report.addEventListener("load", () => fit(report));
  const show = () => {
    report.hidden = !model.get("_report");
    report.srcdoc = model.get("_report");
  };
  check.addEventListener("click", () => model.send("check"));
  model.on("change:_report", show);
  sheet.srcdoc = model.get("_page");
  show();
  el.append(sheet, check, region);
  return () => {
    leave();
    model.off("change:_report", show);
  };
}

export default { render };
