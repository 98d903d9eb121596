// One pair of axes with its curves, bars and areas. Colours are the style sheet's, by the tone of a line.

const SVG = "http://www.w3.org/2000/svg";
const DASHES = { solid: "none", dash: "7 4", dot: "1.5 4", "pin-1": "10 3", "pin-2": "8 3 2 3", "pin-3": "4 3" };
const MARGIN = { left: 52, right: 8, top: 6, bottom: 20, bare: 7 };
const TITLE = 14; // height of the title under an axis
const LEAST = 0.78; // of a panel's height is for its drawing, however long its legend
const ROOMY = 4; // so many keys stand in a legend with words of any length
let serial = 0;

class Panel {
  constructor(layers) {
    this.layers = layers; // which layers are on screen, shared by all panels
    this.element = make("div", "live-panel");
    this.legend = make("div", "live-legend");
    this.keys = this.legend.appendChild(make("span", "live-keys"));
    this.svg = svg("svg", { role: "img" });
    this.clip = `live-clip-${(serial += 1)}`;
    const clip = svg("clipPath", { id: this.clip });
    this.frame = clip.appendChild(svg("rect"));
    this.axes = svg("g", { class: "live-axes" });
    this.bands = svg("g", { class: "live-bands", "clip-path": `url(#${this.clip})` });
    this.curves = svg("g", { "clip-path": `url(#${this.clip})` });
    this.tags = svg("g", { class: "live-tags" });
    this.cursor = svg("g", { class: "live-cursor" });
    this.reading = make("div", "live-reading");
    this.reading.hidden = true;
    this.empty = make("p", "live-empty");
    this.svg.append(clip, this.axes, this.bands, this.curves, this.tags, this.cursor);
    this.element.append(this.legend, this.svg, this.empty, this.reading);
    this.svg.addEventListener("pointermove", (event) => this.point(event));
    this.svg.addEventListener("pointerleave", () => this.point(null));
    this.drawnAxes = this.drawnLegend = this.drawnCurves = "";
    this.lines = this.banded = [];
  }

  show(panel) {
    const had = new Map(this.panel?.lines.map((line) => [`${line.beat} ${line.label} ${line.layer}`, line]));
    // A line sent without its points stands where it stood.
    for (const line of panel.lines)
      if (!line.y) {
        const { x = [], y = [], tag = null } = had.get(`${line.beat} ${line.label} ${line.layer}`) ?? {};
        Object.assign(line, { x, y, tag });
      }
    this.panel = panel;
    this.svg.setAttribute("aria-label", panel.alt);
    this.draw();
  }

  // The band of a spread, or none; drawn under the curves.
  band(bands) {
    this.banded = bands;
    this.drawBands();
  }

  draw() {
    const { x, y, empty } = this.panel;
    const width = this.element.clientWidth;
    if (!width) return;
    this.empty.textContent = empty;
    this.empty.style.height = `${this.panel.height - this.legend.offsetHeight}px`;
    this.svg.style.display = empty ? "none" : "";
    this.legend.style.visibility = empty ? "hidden" : "";
    this.empty.style.display = empty ? "" : "none";
    if (empty) return;
    this.lines = this.panel.lines.filter(({ layer }) => !layer || this.layers[layer]);
    const legend = JSON.stringify(this.lines.map(({ legend, tone, dash, width }) => [legend, tone, dash, width]));
    if (legend !== this.drawnLegend) this.drawLegend();
    this.drawnLegend = legend;
    // More lines in the legend leave the panel as high as it is, until they would leave too little to draw in.
    const height = Math.max(this.panel.height - this.legended, LEAST * this.panel.height);
    this.box = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bare };
    if (x.title) this.box.bottom = height - MARGIN.bottom - TITLE;
    const { left, right, top, bottom } = this.box;
    this.toX = (value) => left + ((value - x.span[0]) / (x.span[1] - x.span[0])) * (right - left);
    this.toY = (value) => bottom - ((value - y.span[0]) / (y.span[1] - y.span[0])) * (bottom - top);
    const axes = JSON.stringify([width, height, x, y]);
    if (axes !== this.drawnAxes) this.drawAxes(width, height);
    this.drawnAxes = axes;
    const curves = JSON.stringify(this.lines.map(({ label, beat, tone, dash, width }) => [label, beat, tone, dash, width]));
    if (curves !== this.drawnCurves) this.makeCurves();
    this.drawnCurves = curves;
    this.lines.forEach((line, i) => this.curves.children[i].setAttribute("d", this.path(line)));
    this.drawTags();
    this.drawBands();
    if (this.pointed) this.point(this.pointed);
  }

  path({ x, y, beats }) {
    const parts = [];
    const cycle = typeof x === "number" ? x * (y.length - 1) : 0;
    for (let k = 0; k < beats; k++) {
      let pen = "M";
      for (let i = 0; i < y.length; i++) {
        if (y[i] === null) pen = "M";
        else {
          parts.push(`${pen}${this.toX(at(x, i) + k * cycle).toFixed(1)},${this.toY(y[i]).toFixed(1)}`);
          pen = "L";
        }
      }
    }
    return parts.join("");
  }

  drawAxes(width, height) {
    const { x, y } = this.panel;
    const { left, right, top, bottom } = this.box;
    set(this.svg, { width, height, viewBox: `0 0 ${width} ${height}` });
    set(this.frame, { x: left, y: top, width: right - left, height: bottom - top });
    const parts = [];
    for (const [tick, label] of y.ticks) {
      const place = this.toY(tick);
      const kind = tick === 0 && !y.named ? "live-zero" : "live-grid";
      if (!y.named) parts.push(svg("line", { x1: left, x2: right, y1: place, y2: place, class: kind }));
      parts.push(text(label, { x: left - 6, y: place + 4, "text-anchor": "end" }));
    }
    for (const [tick, label] of x.ticks) {
      const place = this.toX(tick);
      parts.push(svg("line", { x1: place, x2: place, y1: bottom, y2: bottom + 4, class: "live-zero" }));
      if (x.title) parts.push(text(label, { x: place, y: bottom + 15, "text-anchor": "middle" }));
    }
    parts.push(text(x.title, { x: (left + right) / 2, y: height - 4, "text-anchor": "middle", class: "live-title" }));
    const middle = (top + bottom) / 2;
    const turned = { x: 12, y: middle, transform: `rotate(-90 12 ${middle})`, "text-anchor": "middle" };
    if (!y.named) parts.push(text(y.title, { ...turned, class: "live-title" }));
    this.axes.replaceChildren(...parts);
  }

  style({ tone, width, dash }) {
    return {
      class: `live-${width ? "line" : "area"} live-tone-${tone}`, "stroke-width": width,
      "stroke-dasharray": DASHES[dash], "stroke-linecap": dash === "dot" ? "round" : "butt",
    };
  }

  makeCurves() {
    const name = ({ layer, beat, label }) => `${layer || this.panel.name} ${beat} ${label}`;
    this.curves.replaceChildren(...this.lines.map((line) => svg("path", { ...this.style(line), "data-line": name(line) })));
  }

  drawLegend() {
    const told = this.lines.filter(({ legend }) => legend);
    const keys = new Map(told.map((line) => [line.legend, line])); // of two alike, the one in front
    this.keys.replaceChildren(
      ...[...keys].sort(([, one], [, other]) => rank(one) - rank(other)).map(([label, line]) => {
        const sample = svg("svg", { width: 26, height: 8, "aria-hidden": "true" });
        sample.append(
          line.width
            ? svg("line", { ...this.style(line), x1: 1, x2: 25, y1: 4, y2: 4 })
            : svg("rect", { ...this.style(line), x: 5, y: 0, width: 16, height: 8 }),
        );
        const entry = make("span", "live-key");
        const words = make("span", "live-key-words");
        words.textContent = entry.title = label;
        entry.append(sample, words);
        return entry;
      }),
    );
    this.legend.classList.toggle("live-crowded", keys.size > ROOMY);
    this.legend.style.display = this.legend.children.length > 1 || keys.size ? "" : "none";
    this.legended = this.legend.offsetHeight;
  }

  drawTags() {
    const { left, right, top } = this.box;
    const taken = [];
    this.tags.replaceChildren();
    for (const { tag } of this.lines) {
      if (!tag) continue;
      const [words, x, y] = tag;
      const place = this.toX(x);
      const anchor = place > right - 30 ? "end" : place < left + 30 ? "start" : "middle";
      const shown = text(words, { x: place, y: Math.max(this.toY(y) - 4, top + 10), "text-anchor": anchor });
      this.tags.append(shown);
      const box = shown.getBBox();
      const meets = (one) => Math.abs(one.x - box.x) < box.width && Math.abs(one.y - box.y) < box.height;
      if (taken.some(meets)) shown.remove(); // one that cannot be read says less than none
      else taken.push(box);
    }
  }

  drawBands() {
    if (!this.panel || !this.box || this.panel.empty) return;
    this.bands.replaceChildren(
      ...this.banded.map(({ label, step, low, high, beats }) => {
        const edge = (values) => values.map((value, i) => [i, value]);
        const cycle = step * (low.length - 1);
        const parts = [];
        for (let k = 0; k < beats; k++) {
          const around = [...edge(high), ...edge(low).reverse()];
          const points = around.map(([i, value]) => `${this.toX(i * step + k * cycle).toFixed(1)},${this.toY(value).toFixed(1)}`);
          parts.push(`M${points.join("L")}Z`);
        }
        return svg("path", { d: parts.join(""), class: "live-band live-tone-what-if", "data-band": `${this.panel.name} ${label}` });
      }),
    );
  }

  // Read values off where the pointer rests.
  point(event) {
    this.pointed = event;
    const found = event && this.lines.length && this.panel.read !== "nothing" ? this.find(event) : null;
    this.reading.hidden = !found;
    this.cursor.replaceChildren(...(found?.marks ?? []));
    if (!found) return;
    this.reading.textContent = found.words;
    const { width } = this.svg.getBoundingClientRect();
    const { offsetWidth } = this.reading;
    this.reading.style.left = `${found.x + 12 + offsetWidth > width ? Math.max(0, found.x - 12 - offsetWidth) : found.x + 12}px`;
    this.reading.style.top = `${this.legend.offsetHeight + found.y}px`;
  }

  find(event) {
    const corner = this.svg.getBoundingClientRect();
    const [px, py] = [event.clientX - corner.left, event.clientY - corner.top];
    const { left, right, top, bottom } = this.box;
    if (px < left || px > right || py < top || py > bottom) return null;
    const { x, y, read } = this.panel;
    const lines = this.lines.filter(({ width, y }) => width && y.length);
    if (read === "point") {
      let best = { far: Infinity };
      for (const line of lines)
        line.y.forEach((value, i) => {
          if (value === null) return; // of a beat that ran away
          const far = Math.hypot(this.toX(at(line.x, i)) - px, this.toY(value) - py);
          if (far <= best.far) best = { far, line, i };
        });
      if (!best.line) return null;
      const { label, beat, tone } = best.line;
      const [vx, vy] = [at(best.line.x, best.i), best.line.y[best.i]];
      const who = label === beat || beat === "Curve" ? label : `${beat}, ${label}`;
      const words = `${who}: ${vx.toFixed(x.digits)} ${x.unit}, ${vy.toFixed(y.digits)} ${y.unit}`;
      const marks = [svg("circle", { cx: this.toX(vx), cy: this.toY(vy), r: 4, class: `live-dot live-tone-${tone}` })];
      return { x: this.toX(vx), y: Math.max(0, this.toY(vy) - 26), words, marks };
    }
    const time = x.span[0] + ((px - left) / (right - left)) * (x.span[1] - x.span[0]);
    const rows = new Map();
    for (const line of lines) {
      const cycle = line.x * (line.y.length - 1);
      if (time > line.beats * cycle) continue;
      const value = line.y[Math.round((time % cycle) / line.x)] ?? null;
      if (value === null) continue;
      rows.set(line.label, [...(rows.get(line.label) ?? []), `${line.beat} ${value.toFixed(y.digits)}`]);
    }
    const words = [`${time.toFixed(x.digits)} ${x.unit}`, ...[...rows].map(([label, row]) => `${label}: ${row.join(", ")} ${y.unit}`)];
    const marks = [svg("line", { x1: px, x2: px, y1: top, y2: bottom, class: "live-zero" })];
    return { x: px, y: top, words: words.join("\n"), marks };
  }
}

// Place in the legend: patient and what-if, what is pinned, then the layers.
function rank({ layer, tone }) {
  return layer ? ["lines", "areas"].indexOf(layer) + 2 : Number(tone.startsWith("pin-"));
}

function at(x, i) {
  return typeof x === "number" ? x * i : x[i];
}

function make(tag, className = "") {
  return Object.assign(document.createElement(tag), { className });
}

function svg(tag, attributes = {}) {
  return set(document.createElementNS(SVG, tag), attributes);
}

function text(content, attributes) {
  const element = svg("text", attributes);
  element.textContent = content;
  return element;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
