// Predict, then see: the next number has to be typed before its step is shown.

function makeQuiz(picture, go) {
  const [ask, answer, question, verdict, hint] = ["ask", "answer", "question", "verdict", "hint"].map(at);
  const quiz = { on: false, reached: 0, hints: 0 };
  const inNumbers = (frame) => picture.steps[frame].querySelector("b");

  // The number of a frame, where it is one and somebody can find it.
  function numberOf(frame) {
    const { sweep, now, node, edges } = picture.frames[frame];
    if (!now || !edges.length) return null;
    return sweep.numbers ? sweep.numbers[node] : sweep.steps[now - 1][4];
  }
  const asks = (frame) => Number.isFinite(numberOf(frame));

  // As far as one may go: past what needs no answer, up to what does.
  quiz.upTo = (frame) => {
    if (!quiz.on) return [frame, false];
    while (quiz.reached < frame && !asks(quiz.reached + 1)) quiz.reached += 1;
    return frame > quiz.reached ? [quiz.reached + 1, true] : [frame, false];
  };

  quiz.ask = (frame) => {
    const { sweep, node } = picture.frames[frame];
    ask.hidden = false;
    question.replaceChildren(...picture.typeset(sweep.labels[node]), " =");
    answer.value = "";
    quiz.hints = 0;
    hint.textContent = "Hint";
    say("");
    answer.focus({ preventScroll: true });
  };

  // What the number is when one computes with what stands on the page.
  function fromThePage(frame) {
    const { sweep, edges } = picture.frames[frame];
    if (!picture.film.partials) return NaN;
    const shown = (x) => Number(number(x, picture.film.digits).replace(/×10(.*)/, (_, power) => `e${plain(power)}`).replace("−", "-"));
    return edges.reduce((sum, edge) => sum + shown(picture.film.partials[edge]) * shown(sweep.numbers[sourceOf(picture.film, edge)]), 0);
  }
  const plain = (raised) => raised.replace(/./g, (c) => (c === "⁻" ? "-" : RAISED.indexOf(c)));

  function say(words, right = false) {
    verdict.replaceChildren(...told(words, picture.film.letters));
    verdict.classList.toggle("right", right);
  }

  function check() {
    const frame = picture.shown;
    if (!picture.asked) return go(frame + 1);
    const found = judged(answer.value, numberOf(frame));
    const close = found === "wrong" && judged(answer.value, fromThePage(frame)) === "right";
    if (found === "right" || close) {
      quiz.reached = frame;
      say("Right. Enter goes on.", true);
      go(frame);
      ask.hidden = false;
      return;
    }
    say(found === "unread" ? "Not a number: write 0.25, −3 or 1.5e−7." : found === "short" ? "Right so far: give three digits." : "Not yet.");
  }

  // Three levels: the formula, the formula with numbers, the number.
  function help() {
    if (!picture.asked) return;
    const frame = picture.shown;
    const { sweep, node, edges } = picture.frames[frame];
    const numbers = inNumbers(frame)?.textContent ?? "";
    const symbols = inNumbers(frame)?.parentNode.textContent.replace(numbers, "");
    const sources = edges.map((edge) => picture.film.nodes[picture.edges[edge].source]).join(", ");
    const terms = edges.map((edge) => sweep.terms[edge]).join(", ");
    const hints = [
      symbols || `It has ${plural(edges.length, "term")}, by ${sources}.`,
      numbers ? symbols.replace(/[\s\u00a0]=.*/s, "") + numbers.replace(/ [=≈]\u00a0[^=≈]*$/, "") : `The terms are ${terms}.`,
      `It is ${sweep.totals[node]}.`,
    ];
    say(hints[quiz.hints]);
    quiz.hints = Math.min(quiz.hints + 1, 2);
    hint.textContent = `Hint ${quiz.hints + 1}`;
  }

  at("check").addEventListener("click", check);
  hint.addEventListener("click", help);
  answer.addEventListener("keydown", (event) => event.key === "Enter" && check());
  at("quiz").addEventListener("click", () => {
    quiz.on = !quiz.on;
    quiz.reached = Math.max(picture.shown, 0);
    at("quiz").setAttribute("aria-pressed", quiz.on);
    document.body.classList.toggle("quiz", quiz.on);
    ask.hidden = true;
    go(quiz.on && picture.shown < picture.last ? picture.shown + 1 : picture.shown);
  });
  at("quiz").hidden = !picture.frames.some((_, frame) => asks(frame));
  return quiz;
}
