// The report's figures. Everything drawn was computed before; this draws it, hides beats, and reads values off.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const DASHES = { solid: "none", dash: "7 4", dot: "1.5 4" };
const SIZE = { width: 440, height: 270, left: 46, right: 10, top: 8, bottom: 40 };
const { beats, panels } = JSON.parse(document.getElementById("curves").textContent);
const shown = beats.map(() => true);
let cursor = null; // time in the cycle that is read off, in s
let active = null; // the panel it is read off in

function element(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function html(tag, className, ...children) {
  const made = Object.assign(document.createElement(tag), { className });
  made.append(...children);
  return made;
}

// Round values that cut the axis into about five parts.
function ticks(low, high) {
  const rough = (high - low) / 5;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = size * [1, 2, 2.5, 5, 10].find((part) => size * part >= rough * 0.999);
  const values = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i += 1) values.push(i * step);
  return values;
}

class Panel {
  constructor(panel) {
    Object.assign(this, panel);
    for (const curve of this.curves) curve.x ??= curve.y.map((_, i) => i * beats[curve.beat].step_s);
    this.spanX = this.span("x", this.name !== "loop");
    this.spanY = this.span("y", false);
    const { width, height } = SIZE;
    this.svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: 0, "aria-label": this.alt });
    this.paths = this.curves.map((curve) => this.path(curve));
    const clip = `clip-${this.name}`;
    const room = { x: SIZE.left, y: SIZE.top, width: width - SIZE.left - SIZE.right, height: height - SIZE.top - SIZE.bottom };
    const drawn = element("g", { "clip-path": `url(#${clip})` }, ...this.paths);
    this.marks = element("g", { class: "marks" });
    this.svg.append(element("clipPath", { id: clip }, element("rect", room)), this.axes(), drawn, this.marks);
    this.reading = html("output", "reading");
    this.root = html("div", "panel", this.keys(), this.svg, this.reading);
    this.root.dataset.panel = this.name;
    this.svg.addEventListener("pointermove", (event) => this.point(event));
    this.svg.addEventListener("pointerdown", (event) => this.point(event));
    this.svg.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && read(null, null));
    this.svg.addEventListener("keydown", (event) => this.key(event));
  }

  // Axes hold still, whatever is hidden. Pressures, flows and volumes of a loop start at zero or below.
  span(of, tight) {
    const values = this.curves.flatMap((curve) => curve[of]);
    const low = Math.min(0, ...values);
    const high = Math.max(...values);
    const room = tight ? 0 : 0.06 * (high - low || 1);
    return [low < 0 ? low - room : low, high + room];
  }

  toX(value) {
    return SIZE.left + ((value - this.spanX[0]) / (this.spanX[1] - this.spanX[0])) * (SIZE.width - SIZE.left - SIZE.right);
  }

  toY(value) {
    const bottom = SIZE.height - SIZE.bottom;
    return bottom - ((value - this.spanY[0]) / (this.spanY[1] - this.spanY[0])) * (bottom - SIZE.top);
  }

  path({ beat, label, dash, x, y, lines = [] }) {
    const along = (points) => `M${points.map(([u, v]) => `${this.toX(u).toFixed(1)},${this.toY(v).toFixed(1)}`).join("L")}`;
    const style = { stroke: beats[beat].colour, fill: "none", "stroke-linejoin": "round" };
    const thin = lines.map((line) => element("path", { ...style, d: along(line), "stroke-width": 0.8, opacity: 0.75 }));
    const curve = element("path", {
      ...style,
      d: along(x.map((u, i) => [u, y[i]])),
      "stroke-width": 2,
      "stroke-dasharray": DASHES[dash],
      "stroke-linecap": dash === "dot" ? "round" : "butt",
      "data-curve": `${this.name} ${beats[beat].letter} ${label}`,
    });
    return element("g", { "data-of": beat }, ...thin, curve);
  }

  axes() {
    const { left, right, top, bottom, width, height } = SIZE;
    const low = height - bottom;
    const group = element("g");
    for (const value of ticks(...this.spanY)) {
      const y = this.toY(value);
      group.append(element("line", { x1: left, x2: width - right, y1: y, y2: y, class: value === 0 ? "axis" : "grid" }));
      group.append(element("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, `${+value.toFixed(6)}`));
    }
    for (const value of ticks(...this.spanX)) {
      const x = this.toX(value);
      group.append(element("line", { x1: x, x2: x, y1: low, y2: low + 4, class: "axis" }));
      group.append(element("text", { x, y: low + 17, "text-anchor": "middle" }, `${+value.toFixed(6)}`));
    }
    const middle = (top + low) / 2;
    group.append(
      element("text", { x: (left + width - right) / 2, y: height - 5, "text-anchor": "middle" }, this.x.title),
      element("text", { x: 11, y: middle, transform: `rotate(-90 11 ${middle})`, "text-anchor": "middle" }, this.y.title),
    );
    return group;
  }

  // What the dashes mean, where there are several.
  keys() {
    const dashes = new Map(this.curves.map(({ label, dash }) => [label, dash]));
    const keys = html("div", "keys");
    if (dashes.size > 1)
      for (const [label, dash] of dashes) {
        const sample = element("svg", { width: 26, height: 8, "aria-hidden": "true" });
        sample.append(element("line", { x1: 1, x2: 25, y1: 4, y2: 4, "stroke-dasharray": DASHES[dash] }));
        keys.append(html("span", "", sample, label));
      }
    return keys;
  }

  point(event) {
    const box = this.svg.getBoundingClientRect();
    const px = ((event.clientX - box.left) / box.width) * SIZE.width;
    this.reading.className = `reading ${px > SIZE.width / 2 ? "at-left" : "at-right"}`;
    const py = ((event.clientY - box.top) / box.height) * SIZE.height;
    if (this.name !== "loop") {
      const time = this.spanX[0] + ((px - SIZE.left) / (SIZE.width - SIZE.left - SIZE.right)) * (this.spanX[1] - this.spanX[0]);
      return read(time >= 0 && time <= this.spanX[1] ? time : null, this);
    }
    let best = { far: Infinity, time: null };
    for (const { beat, x, y } of this.curves)
      if (shown[beat])
        y.forEach((value, i) => {
          const far = Math.hypot(this.toX(x[i]) - px, this.toY(value) - py);
          if (far < best.far) best = { far, time: i * beats[beat].step_s };
        });
    read(best.time, this);
  }

  key(event) {
    const step = { ArrowRight: 0.01, ArrowUp: 0.01, ArrowLeft: -0.01, ArrowDown: -0.01 }[event.key];
    if (event.key === "Escape") return read(null, null);
    if (!step) return;
    event.preventDefault();
    const longest = Math.max(...panels.flatMap(({ curves }) => curves.map(({ beat, y }) => (y.length - 1) * beats[beat].step_s)));
    this.reading.className = "reading at-right";
    read(Math.min(Math.max((cursor ?? 0) + step, 0), longest), this);
  }

  // Marks in every panel, words in the one pointed at, of each beat that is shown and lasts so long.
  draw() {
    for (const path of this.paths) path.style.display = shown[path.dataset.of] ? "" : "none";
    this.marks.replaceChildren();
    this.reading.textContent = "";
    if (cursor === null) return;
    if (this.name !== "loop") {
      const x = this.toX(cursor);
      this.marks.append(element("line", { x1: x, x2: x, y1: SIZE.top, y2: SIZE.height - SIZE.bottom, class: "cursor" }));
    }
    const words = new Map();
    for (const { beat, label, x, y } of this.curves) {
      const i = Math.round(cursor / beats[beat].step_s);
      if (!shown[beat] || i >= y.length) continue;
      this.marks.append(element("circle", { cx: this.toX(x[i]), cy: this.toY(y[i]), r: 3.5, fill: beats[beat].colour }));
      const value = y[i].toFixed(this.y.digits);
      const said = this.name === "loop" ? `${x[i].toFixed(this.x.digits)} ${this.x.unit}, ${value}` : `${label} ${value}`;
      words.set(beat, [...(words.get(beat) ?? []), said]);
    }
    const rows = [...words].map(([beat, said]) => `${beats[beat].letter}: ${said.join(", ")} ${this.y.unit}`);
    if (this === active) this.reading.textContent = [`At ${cursor.toFixed(2)} s`, ...rows].join("\n");
  }
}

const drawn = panels.map((panel) => new Panel(panel));
document.getElementById("panels").append(...drawn.map((panel) => panel.root));

function read(time, panel) {
  cursor = time;
  active = panel;
  drawn.forEach((panel) => panel.draw());
}

for (const box of document.querySelectorAll("input[data-beat]")) {
  const turn = () => {
    shown[box.dataset.beat] = box.checked;
    box.closest(".column").classList.toggle("off", !box.checked);
    read(cursor, active);
  };
  box.addEventListener("change", turn);
  turn(); // a browser that comes back to the page keeps what was ticked
}
