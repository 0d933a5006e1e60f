// Time and controls: one film, or two side by side in step.

const films = JSON.parse(at("film").textContent).films;
films.forEach((film, n) => programs[n] && sweepAgain(film, programs[n](...film.inputs.map(([, value]) => value))[1]));
const pictures = films.map(makePicture);
const longest = pictures.reduce((a, b) => (b.last > a.last ? b : a));
const { last } = longest;
const [slider, counter, speed] = ["slider", "counter", "speed"].map(at);
const captions = pictures.map(({ caption }) => caption);
let shown = -1;
let timer = 0;
let noting = 0;

function go(frame) {
  frame = Math.min(Math.max(frame, 0), last);
  const [to, asked] = quiz ? quiz.upTo(frame) : [frame, false];
  const fresh = asked && !(pictures[0].asked && pictures[0].shown === to);
  shown = to;
  for (const picture of pictures) picture.show(to, asked);
  counter.textContent = `${to} / ${last}`;
  slider.value = to;
  slider.setAttribute("aria-valuetext", `step ${to} of ${last}`);
  for (const id of ["first", "back"]) at(id).disabled = to === 0;
  for (const id of ["next", "last"]) at(id).disabled = to === last || asked;
  if (quiz && !asked) at("ask").hidden = true;
  if (fresh) quiz.ask(to);
  if (to === last || asked) pause();
  clearTimeout(noting);
  noting = setTimeout(note, 200);
}

// The address names the step; not while one steps quickly, because browsers limit how often it may change.
function note() {
  if (location.protocol !== "about:") history.replaceState(null, "", `#step=${shown}`);
}

function pause() {
  clearTimeout(timer);
  timer = 0;
  at("play").setAttribute("aria-pressed", "false");
  for (const caption of captions) caption.setAttribute("aria-live", "polite");
}

function play() {
  if (timer) return pause();
  if (shown === last) go(0);
  at("play").setAttribute("aria-pressed", "true");
  for (const caption of captions) caption.setAttribute("aria-live", "off"); // a listener would be interrupted at every step
  wait();
}

// A frame stays as long as its sentence takes to read.
function wait() {
  const letters = captions.reduce((sum, caption) => sum + caption.textContent.length, 0);
  timer = setTimeout(() => {
    go(shown + 1);
    if (timer) wait();
  }, Math.min(1000 + 20 * letters, 6000) / speed.value);
}

function pace(by) {
  speed.selectedIndex = Math.min(Math.max(speed.selectedIndex + by, 0), speed.length - 1);
  if (timer) (pause(), play());
}

const move = (frame) => (pause(), go(frame));
const actions = {
  first: () => move(0),
  back: () => move(shown - 1),
  play,
  next: () => move(shown + 1),
  last: () => move(last),
  theme() {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  },
};
const keys = { ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last", " ": "play" };
const paces = { "+": 1, "=": 1, "-": -1, "−": -1 };

function jump(picture, node) {
  const frames = picture.framesOf(node);
  if (frames.length) move(frames[(frames.indexOf(picture.shown) + 1) % frames.length]);
}

function pressed(event) {
  const { key, target } = event;
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (target.closest("select, input:not(#slider)")) return; // they know what to do
  const node = target.closest("[data-node]");
  if (node) {
    const picture = pictures.find(({ svg }) => svg.contains(node));
    if (key.startsWith("Arrow")) return event.preventDefault(), picture.walk(Number(node.dataset.node), key);
    if (key === "Enter" || key === " ") return event.preventDefault(), jump(picture, Number(node.dataset.node));
  }
  if (key in paces) return pace(paces[key]);
  if (!(key in keys) || event.shiftKey || (key === " " && target.closest("button, summary, tr"))) return;
  event.preventDefault();
  actions[keys[key]]();
}

// parts that a page has no need of are not in it
const quiz = pictures.length === 1 && films[0].direction !== "elimination" ? makeQuiz(pictures[0], move) : null;
const ledgers = films[0].ledgers.length ? makeLedgers(pictures) : null;
if (programs.some(Boolean)) makeSliders(pictures, programs, () => ledgers?.refresh());

for (const [id, action] of Object.entries(actions)) at(id).addEventListener("click", action);
for (const picture of pictures) {
  picture.svg.addEventListener("click", ({ target }) => {
    const node = target.closest("[data-node]");
    if (node) jump(picture, Number(node.dataset.node));
  });
}
slider.addEventListener("input", () => move(Number(slider.value)));
speed.addEventListener("change", () => pace(0));
document.addEventListener("keydown", pressed);

const addressed = () => Number(/^#(?:step=)?(\d+)$/.exec(location.hash)?.[1] ?? 0);
addEventListener("hashchange", () => move(addressed()));
slider.max = last;
document.body.classList.add("live");
for (const details of document.querySelectorAll(".all")) details.open = false;
go(addressed());
