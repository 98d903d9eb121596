// A bank of sliders. Values at rest go to Python; values in motion go to whoever listens on the document, at once.

const KEYS_REST_MS = 250; // a key held down is one movement, not many
const TURN_MS = 10; // longer than a message given to Streamlit lies before it is sent
const ANSWER_MS = 3000; // without an answer for so long, a value at rest is told again
const banks = new WeakMap();
let serial = 0;

export default function (component) {
  const root = component.parentElement.querySelector(".live-sliders");
  let bank = banks.get(root);
  if (!bank) banks.set(root, (bank = new Bank(root)));
  bank.take(component);
  // Streamlit calls this again with every answer, and may tidy up after an earlier call later than that.
  const turn = (bank.turn = (bank.turn ?? 0) + 1);
  return () => turn === bank.turn && bank.leave();
}

class Bank {
  constructor(root) {
    this.root = root;
    this.rows = new Map();
    this.shape = "";
    this.seq = 0;
    this.held = false; // a thumb is held by pointer or finger
    this.moved = false; // values here that Python has not been told
    this.timer = 0;
    this.told = null; // the message on values at rest, until sliders and results are drawn of it
    this.posting = 0;
    this.answer = 0; // number of the message that the sliders' last answer carried
    this.drawn = ({ detail }) => detail.channel === this.channel && this.heard();
    this.release = () => {
      this.held = false;
      this.rest();
    };
    // The browser took the finger's movement for scrolling: where it came down must not have moved the thumb.
    this.cancel = () => {
      if (this.held) this.grip.row.show(this.grip.value);
      this.release();
    };
    root.addEventListener("focusout", () => this.rest());
  }

  leave() {
    this.wait();
    document.removeEventListener("live-results", this.drawn);
    window.removeEventListener("pointerup", this.release);
    window.removeEventListener("pointercancel", this.cancel);
  }

  take({ data, setStateValue }) {
    document.addEventListener("live-results", this.drawn);
    window.addEventListener("pointerup", this.release); // adding a listener again changes nothing
    window.addEventListener("pointercancel", this.cancel);
    this.channel = data.channel;
    this.send = (message) => setStateValue("rest", message);
    const shape = JSON.stringify(data.sliders.map(({ value, disabled, home, help, ...fixed }) => fixed));
    if (shape !== this.shape) this.build(data.sliders);
    this.shape = shape;
    for (const slider of data.sliders) this.rows.get(slider.name).describe(slider);
    // An answer to an older message, or one that meets a thumb in motion, must not move the thumb.
    const current = !this.held && !this.moved && data.seq >= this.seq;
    this.seq = Math.max(this.seq, data.seq);
    this.answer = data.seq;
    this.heard();
    if (this.moved && !this.held && !this.timer) this.restSoon(); // tidying up stopped the clock of a key
    if (current) for (const slider of data.sliders) this.rows.get(slider.name).follow(slider.value);
  }

  build(sliders) {
    this.rows.clear();
    this.root.replaceChildren(
      ...sliders.map((slider) => {
        const row = new Row(this, slider);
        this.rows.set(slider.name, row);
        return row.element;
      }),
    );
  }

  values() {
    return Object.fromEntries([...this.rows].map(([name, row]) => [name, row.value]));
  }

  move(byKey) {
    this.moved = true;
    this.forget(); // where this movement ends is told in its place
    this.tell(true);
    this.wait();
    if (byKey) this.restSoon();
  }

  restSoon() {
    this.timer = setTimeout(() => this.rest(), KEYS_REST_MS);
  }

  // A value that is at rest at once: it is not told as one in motion before.
  settle() {
    this.moved = true;
    this.rest();
  }

  wait() {
    clearTimeout(this.timer);
    this.timer = 0;
  }

  rest() {
    this.wait();
    if (!this.moved || this.held) return;
    this.moved = false;
    this.tell(false);
    this.seq += 1;
    this.told = { seq: this.seq, values: this.values() };
    this.patience = ANSWER_MS;
    this.mark();
    this.post();
  }

  // Told and answered is what both the sliders and the results that follow them are drawn of. Streamlit may drop the end
  // of an answer where the next question meets it: the results then show the last movement, not where it ended.
  heard() {
    const results = [...document.querySelectorAll(".live-results")].filter((one) => one.dataset.follows === this.channel);
    const drawn = [this.answer, ...results.map((one) => Number(one.dataset.rest))];
    if (this.told && Math.min(...drawn) >= this.told.seq) this.forget();
    this.mark();
  }

  forget() {
    this.told = null;
    clearTimeout(this.posting);
  }

  // Streamlit sends what several fragments say in one turn of the browser as one message, which reruns the first one's
  // alone. If a picture in motion was asked for just before the release, the sliders' own fragment would never hear of
  // it: the message waits for a turn of its own. Whatever else may lose it, it is told again until it is answered.
  post() {
    clearTimeout(this.posting);
    this.posting = setTimeout(() => {
      this.send(this.told);
      this.posting = setTimeout(() => this.root.isConnected && this.post(), this.patience);
      this.patience *= 2; // a server that is only slow is not asked more and more
    }, TURN_MS);
  }

  // For whoever looks from outside: the number of the last rest, and whether the server took it over.
  mark() {
    this.root.dataset.rest = this.seq;
    this.root.dataset.answered = !this.told;
  }

  tell(moving) {
    const detail = { channel: this.channel, moving, values: this.values() };
    document.dispatchEvent(new CustomEvent("live-sliders", { detail }));
  }
}

class Row {
  constructor(bank, slider) {
    this.bank = bank;
    this.slider = slider;
    const { label, low, high, step, unit } = slider;
    const id = `live-slider-${(serial += 1)}`;
    this.label = make("label", { htmlFor: id, className: "live-label", textContent: label });
    this.typed = make("input", { type: "number", min: low, max: high, step, className: "live-typed" });
    this.typed.setAttribute("aria-label", `${label}, typed, in ${unit}`);
    this.reset = make("button", { type: "button", className: "live-reset", textContent: "↺" });
    this.range = make("input", { type: "range", id, min: low, max: high, step, className: "live-range" });
    this.help = make("span", { id: `${id}-help`, className: "live-hidden" });
    this.range.setAttribute("aria-describedby", this.help.id);
    this.mark = make("i", { className: "live-mark" });
    this.problem = make("p", { className: "live-problem" });
    this.problem.setAttribute("role", "alert");
    const head = make("div", { className: "live-head" });
    head.append(this.label, this.typed, make("span", { className: "live-unit", textContent: unit }));
    const track = make("span", { className: "live-track" });
    track.append(this.range, this.mark);
    const body = make("div", { className: "live-body" });
    body.append(bound(this.text(low)), track, bound(this.text(high)), this.reset);
    this.element = make("div", { className: "live-row" });
    this.element.append(head, body, this.help, this.problem);
    this.range.addEventListener("pointerdown", () => {
      bank.held = !this.range.disabled;
      bank.grip = { row: this, value: this.value };
    });
    this.range.addEventListener("input", () => {
      this.show(this.range.valueAsNumber);
      bank.move(!bank.held);
    });
    this.range.addEventListener("change", () => bank.held || bank.timer || bank.rest());
    this.range.addEventListener("dblclick", () => this.home());
    this.reset.addEventListener("click", () => this.home());
    this.typed.addEventListener("change", () => this.type());
  }

  get value() {
    return this.range.valueAsNumber;
  }

  text(value) {
    return value.toFixed(this.slider.digits);
  }

  describe(slider) {
    this.slider = slider;
    const { label, help, home, unit, disabled, low, high } = slider;
    this.label.title = this.help.textContent = help;
    this.element.classList.toggle("live-disabled", disabled);
    for (const part of [this.range, this.typed, this.reset]) part.disabled = disabled;
    this.reset.title = `Back to ${this.text(home)} ${unit}`;
    this.reset.setAttribute("aria-label", `Reset ${label} to ${this.text(home)} ${unit}`);
    this.mark.style.setProperty("--live-share", (home - low) / (high - low));
  }

  // The value Python holds; what was wrong with the one typed stays said as long as it stands.
  follow(value) {
    const said = this.value === value ? this.problem.textContent : "";
    this.show(value);
    this.problem.textContent = said;
  }

  show(value) {
    const { low, high, home, unit } = this.slider;
    this.range.value = value;
    this.range.style.setProperty("--live-share", (this.value - low) / (high - low));
    this.range.setAttribute("aria-valuetext", `${this.text(this.value)} ${unit}`);
    this.typed.value = this.text(this.value);
    this.reset.style.visibility = this.text(this.value) === this.text(home) ? "hidden" : "visible";
    this.problem.textContent = "";
  }

  type() {
    const { low, high, unit } = this.slider;
    const asked = this.typed.valueAsNumber;
    if (Number.isNaN(asked)) {
      this.show(this.value);
      this.problem.textContent = `That is no number: type one from ${this.text(low)} to ${this.text(high)} ${unit}.`;
      return;
    }
    this.show(asked); // the range keeps to its bounds and steps
    if (asked < low || asked > high) {
      const side = asked < low ? `below ${this.text(low)}` : `above ${this.text(high)}`;
      this.problem.textContent = `${asked} ${unit} is ${side}: set to ${this.text(this.value)} ${unit}.`;
    }
    this.bank.settle();
  }

  home() {
    if (this.range.disabled) return;
    this.show(this.slider.home);
    this.bank.held = false;
    this.bank.settle();
  }
}

function make(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

function bound(text) {
  const element = make("span", { className: "live-bound", textContent: text });
  element.setAttribute("aria-hidden", "true"); // the slider itself says its bounds
  return element;
}
