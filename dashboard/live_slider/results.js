// Panels of curves and a table that follow the sliders. Everything drawn was computed in Python.

const SVG = "http://www.w3.org/2000/svg";
const DASHES = { solid: "none", dash: "7 4", dot: "1.5 4" };
const MARGIN = { left: 52, right: 8, top: 6, bottom: 20 };
const TITLE = 14; // height of the title under an axis
const LOST_MS = 2000; // an answer this late is taken for lost
const views = new WeakMap();
let serial = 0;

export default function (component) {
  const root = component.parentElement.querySelector(".live-results");
  let view = views.get(root);
  if (!view) views.set(root, (view = new View(root)));
  view.take(component);
  // Streamlit calls this again with every answer, and may tidy up after an earlier call later than that.
  const turn = (view.turn = (view.turn ?? 0) + 1);
  return () => turn === view.turn && view.leave();
}

class View {
  constructor(root) {
    this.root = root;
    this.status = make("div", "live-status");
    this.plots = make("div", "live-plots");
    this.table = make("div", "live-table");
    const left = make("div", "live-left");
    left.append(this.status, this.plots);
    root.append(left, this.table);
    this.panels = new Map();
    this.seq = 0; // of the newest message sent
    this.sentAt = 0; // when, while its answer is not here
    this.waiting = null; // newest values not sent yet
    this.hear = ({ detail }) => {
      if (detail.channel !== this.channel) return;
      this.waiting = detail.moving ? detail.values : null;
      this.ask();
    };
    this.sizes = new ResizeObserver(() => this.panels.forEach((panel) => panel.draw()));
  }

  leave() {
    document.removeEventListener("live-sliders", this.hear);
    this.sizes.disconnect();
  }

  take({ data, setStateValue }) {
    document.addEventListener("live-sliders", this.hear); // adding it again changes nothing
    this.sizes.observe(this.plots);
    this.channel = data.channel;
    this.send = (message) => setStateValue("moving", message);
    if (data.seq >= this.seq) {
      this.seq = data.seq;
      this.sentAt = 0;
    }
    this.ask(); // before drawing: Python works on the next values while the browser draws these
    this.draw(data);
  }

  // One message at a time: what comes meanwhile is replaced by what comes after it.
  ask() {
    if (!this.waiting || (this.sentAt && performance.now() - this.sentAt < LOST_MS)) return;
    this.seq += 1;
    this.sentAt = performance.now();
    this.root.dataset.asked = this.seq;
    this.send({ seq: this.seq, values: this.waiting });
    this.waiting = null;
  }

  draw({ seq, status, table, panels }) {
    renew(this.status, status);
    if (table) renew(this.table, table);
    this.root.classList.toggle("live-faded", !panels.length);
    if (panels.length) {
      const names = panels.map((panel) => panel.name);
      if (names.join() !== [...this.panels.keys()].join()) {
        this.panels = new Map(names.map((name) => [name, new Panel()]));
        this.plots.replaceChildren(...[...this.panels.values()].map((panel) => panel.element));
      }
      for (const panel of panels) this.panels.get(panel.name).show(panel);
    }
    this.root.dataset.drawn = seq;
  }
}

class Panel {
  constructor() {
    this.element = make("div", "live-panel");
    this.legend = make("div", "live-legend");
    this.svg = svg("svg", { role: "img" });
    this.clip = `live-clip-${(serial += 1)}`;
    const clip = svg("clipPath", { id: this.clip });
    this.frame = clip.appendChild(svg("rect"));
    this.axes = svg("g", { class: "live-axes" });
    this.curves = svg("g", { "clip-path": `url(#${this.clip})` });
    this.cursor = svg("g", { class: "live-cursor" });
    this.reading = make("div", "live-reading");
    this.reading.hidden = true;
    this.svg.append(clip, this.axes, this.curves, this.cursor);
    this.element.append(this.legend, this.svg, this.reading);
    this.svg.addEventListener("pointermove", (event) => this.point(event));
    this.svg.addEventListener("pointerleave", () => this.point(null));
    this.drawnAxes = this.drawnLegend = "";
  }

  show(panel) {
    this.panel = panel;
    this.svg.setAttribute("aria-label", panel.alt);
    this.draw();
  }

  draw() {
    const { x, y, height, lines } = this.panel;
    const width = this.element.clientWidth;
    if (!width) return;
    this.box = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
    if (x.title) this.box.bottom -= TITLE;
    const { left, right, top, bottom } = this.box;
    this.toX = (value) => left + ((value - x.span[0]) / (x.span[1] - x.span[0])) * (right - left);
    this.toY = (value) => bottom - ((value - y.span[0]) / (y.span[1] - y.span[0])) * (bottom - top);
    const axes = JSON.stringify([width, height, x, y]);
    if (axes !== this.drawnAxes) this.drawAxes(width);
    this.drawnAxes = axes;
    const legend = JSON.stringify(lines.map(({ x, y, ...style }) => style));
    if (legend !== this.drawnLegend) this.drawLegend();
    this.drawnLegend = legend;
    lines.forEach((line, i) => this.curves.children[i].setAttribute("d", this.path(line)));
    if (this.pointed) this.point(this.pointed);
  }

  path({ x, y }) {
    const points = new Array(y.length);
    for (let i = 0; i < y.length; i++) points[i] = `${this.toX(at(x, i)).toFixed(1)},${this.toY(y[i]).toFixed(1)}`;
    return `M${points.join("L")}`;
  }

  drawAxes(width) {
    const { x, y, height } = this.panel;
    const { left, right, top, bottom } = this.box;
    set(this.svg, { width, height, viewBox: `0 0 ${width} ${height}` });
    set(this.frame, { x: left, y: top, width: right - left, height: bottom - top });
    const parts = [];
    for (const tick of y.ticks) {
      const place = this.toY(tick);
      const kind = tick === 0 ? "live-zero" : "live-grid";
      parts.push(svg("line", { x1: left, x2: right, y1: place, y2: place, class: kind }));
      parts.push(text(tick, { x: left - 6, y: place + 4, "text-anchor": "end" }));
    }
    for (const tick of x.ticks) {
      parts.push(svg("line", { x1: this.toX(tick), x2: this.toX(tick), y1: bottom, y2: bottom + 4, class: "live-zero" }));
      parts.push(text(tick, { x: this.toX(tick), y: bottom + 15, "text-anchor": "middle" }));
    }
    parts.push(text(x.title, { x: (left + right) / 2, y: height - 4, "text-anchor": "middle", class: "live-title" }));
    const middle = (top + bottom) / 2;
    const turned = { x: 12, y: middle, transform: `rotate(-90 12 ${middle})`, "text-anchor": "middle" };
    parts.push(text(y.title, { ...turned, class: "live-title" }));
    this.axes.replaceChildren(...parts);
  }

  drawLegend() {
    const { name, lines, legend } = this.panel;
    const style = (line) => ({
      stroke: line.colour, "stroke-width": line.width, "stroke-dasharray": DASHES[line.dash], fill: "none",
      "stroke-linecap": line.dash === "dot" ? "round" : "butt", "stroke-linejoin": "round",
    });
    this.curves.replaceChildren(
      ...lines.map((line) => svg("path", { ...style(line), "data-line": `${name} ${line.beat} ${line.label}` })),
    );
    const told = new Map(lines.map((line) => [line[legend], line])); // of two alike, the one in front
    this.legend.replaceChildren(
      ...[...told].map(([label, line]) => {
        const sample = svg("svg", { width: 26, height: 8, "aria-hidden": "true" });
        sample.append(svg("line", { ...style(line), x1: 1, x2: 25, y1: 4, y2: 4 }));
        const entry = make("span", "live-key");
        entry.append(sample, label);
        return entry;
      }),
    );
  }

  // Read values off where the pointer rests.
  point(event) {
    this.pointed = event;
    const found = event && this.panel.lines.length ? this.find(event) : null;
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
    const { x, y, lines, read } = this.panel;
    if (read === "point") {
      let best = { far: Infinity };
      for (const line of lines)
        line.y.forEach((value, i) => {
          const far = Math.hypot(this.toX(at(line.x, i)) - px, this.toY(value) - py);
          if (far <= best.far) best = { far, line, i };
        });
      const [vx, vy] = [at(best.line.x, best.i), best.line.y[best.i]];
      const words = `${best.line.label}: ${vx.toFixed(x.digits)} ${x.unit}, ${vy.toFixed(y.digits)} ${y.unit}`;
      const marks = [svg("circle", { cx: this.toX(vx), cy: this.toY(vy), r: 4, fill: best.line.colour })];
      return { x: this.toX(vx), y: Math.max(0, this.toY(vy) - 26), words, marks };
    }
    const time = x.span[0] + ((px - left) / (right - left)) * (x.span[1] - x.span[0]);
    const rows = new Map();
    for (const line of lines) {
      const i = Math.round(time / line.x);
      if (i < line.y.length) rows.set(line.label, [...(rows.get(line.label) ?? []), `${line.beat} ${line.y[i].toFixed(y.digits)}`]);
    }
    const words = [`${time.toFixed(x.digits)} ${x.unit}`, ...[...rows].map(([label, row]) => `${label}: ${row.join(", ")} ${y.unit}`)];
    const marks = [svg("line", { x1: px, x2: px, y1: top, y2: bottom, class: "live-zero" })];
    return { x: px, y: top, words: words.join("\n"), marks };
  }
}

// New HTML into an element, touching only what differs: what the pointer rests on stays, and nothing blinks.
function renew(element, html) {
  if (element.renewed === html) return;
  element.renewed = html;
  const fresh = make("div");
  fresh.innerHTML = html;
  if (!patch(element, fresh)) element.replaceChildren(...fresh.childNodes);
}

function patch(old, fresh) {
  if (old.childNodes.length !== fresh.childNodes.length) return false;
  return [...old.childNodes].every((node, i) => {
    const next = fresh.childNodes[i];
    if (node.nodeName !== next.nodeName) return false;
    if (node.nodeType === Node.TEXT_NODE) {
      if (node.data !== next.data) node.data = next.data;
      return true;
    }
    for (const { name, value } of next.attributes) if (node.getAttribute(name) !== value) node.setAttribute(name, value);
    return [...node.attributes].every(({ name }) => next.hasAttribute(name)) && patch(node, next);
  });
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
