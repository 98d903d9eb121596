// Panels of curves and a table that follow the sliders. Everything drawn was computed in Python; Panel is in panel.js.

const LOST_MS = 2000; // an answer this late is taken for lost
const LAYERS = { lines: "Lines", areas: "Areas" };
const HELP = {
  lines: "End-systolic and end-diastolic pressure–volume relations (ESPVR, EDPVR)",
  areas: "Stroke work (SW, the loop) and potential energy (PE, between the loop, ESPVR and EDPVR) of the what-if; together its pressure–volume area (PVA, Suga)",
};
const views = new WeakMap();
const chosen = { lines: true, areas: false, tab: "" }; // holds from page to page

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
    this.layers = make("div", "live-layers");
    this.layers.append(...Object.keys(LAYERS).map((layer) => this.layerButton(layer)));
    this.tabs = make("div", "live-tabs");
    this.tabs.setAttribute("role", "tablist");
    this.panels = new Map();
    this.shape = "";
    this.seq = 0; // of the newest message sent
    this.sentAt = 0; // when, while its answer is not here
    this.waiting = null; // newest values not sent yet
    this.hear = ({ detail }) => {
      if (detail.channel !== this.channel) return;
      this.waiting = detail.moving ? detail.values : null;
      if (detail.moving) this.band("");
      this.ask();
    };
    this.join = ({ detail }) => detail.channel === this.channel && this.band(this.stamp);
    this.sizes = new ResizeObserver(() => this.panels.forEach((panel) => panel.draw()));
  }

  leave() {
    document.removeEventListener("live-sliders", this.hear);
    document.removeEventListener("live-band", this.join);
    this.sizes.disconnect();
  }

  take({ data, setStateValue }) {
    document.addEventListener("live-sliders", this.hear); // adding it again changes nothing
    document.addEventListener("live-band", this.join);
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

  draw({ seq, rest, shows, status, table, panels, stamp }) {
    renew(this.status, status);
    if (table) renew(this.table, table);
    this.root.classList.toggle("live-faded", !panels.length);
    if (panels.length) {
      const shape = JSON.stringify(panels.map(({ name, tab }) => [name, tab]));
      if (shape !== this.shape) this.build(panels);
      this.shape = shape;
      for (const panel of panels) this.panels.get(panel.name).show(panel);
    }
    this.band(panels.length ? stamp : "");
    Object.assign(this.root.dataset, { drawn: seq, rest, shows, follows: this.channel });
    document.dispatchEvent(new CustomEvent("live-results", { detail: { channel: this.channel } }));
  }

  // Panels one below the other; those under a tab share a place, and one tab is open.
  build(panels) {
    this.panels = new Map(panels.map(({ name }) => [name, new Panel(chosen)]));
    const names = [...new Set(panels.map(({ tab }) => tab))].filter(Boolean);
    this.groups = new Map(names.map((name) => [name, make("div", "live-group")]));
    this.plots.replaceChildren();
    for (const { name, tab } of panels) (this.groups.get(tab) ?? this.plots).append(this.panels.get(name).element);
    this.panels.get(panels[0].name).legend.prepend(this.layers);
    this.buttons = names.map((name) => this.tabButton(name));
    this.tabs.replaceChildren(...this.buttons);
    if (names.length) this.plots.append(this.tabs, ...this.groups.values());
    for (const [i, group] of [...this.groups.values()].entries()) {
      group.setAttribute("role", "tabpanel");
      group.id = `${this.buttons[i].id}-panel`;
      group.setAttribute("aria-labelledby", this.buttons[i].id);
      this.buttons[i].setAttribute("aria-controls", group.id);
    }
    this.open(names.includes(chosen.tab) ? chosen.tab : names[0]);
  }

  open(name) {
    chosen.tab = name;
    for (const button of this.buttons) {
      const on = button.textContent === name;
      button.setAttribute("aria-selected", on);
      button.tabIndex = on ? 0 : -1;
    }
    for (const [tab, group] of this.groups) group.hidden = tab !== name;
    this.panels.forEach((panel) => panel.panel && panel.draw()); // what was hidden had no width to draw in
  }

  tabButton(name) {
    const button = make("button", "live-tab");
    Object.assign(button, { type: "button", textContent: name, id: `live-tab-${(serial += 1)}` });
    button.setAttribute("role", "tab");
    button.addEventListener("click", () => this.open(name));
    button.addEventListener("keydown", ({ key }) => {
      const way = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (!way) return;
      const next = this.buttons[(this.buttons.indexOf(button) + way + this.buttons.length) % this.buttons.length];
      this.open(next.textContent);
      next.focus();
    });
    return button;
  }

  layerButton(layer) {
    const button = make("button", "live-layer");
    Object.assign(button, { type: "button", textContent: LAYERS[layer], title: HELP[layer] });
    button.setAttribute("aria-pressed", chosen[layer]);
    button.addEventListener("click", () => {
      chosen[layer] = !chosen[layer];
      button.setAttribute("aria-pressed", chosen[layer]);
      this.panels.forEach((panel) => panel.draw());
    });
    return button;
  }

  // The band that belongs to what is drawn at rest; a slider in motion takes it off at once.
  band(stamp) {
    this.stamp = stamp;
    const found = document.liveBands?.[this.channel];
    const joined = stamp && found?.stamp === stamp ? found : null;
    for (const [name, panel] of this.panels) panel.band(joined?.bands[name] ?? []);
    const note = this.table.querySelector(".live-intervals");
    if (note) renew(note, joined ? joined.words : note.dataset.waiting ?? "");
    this.root.dataset.banded = joined?.done ? stamp : "";
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
    if (node.classList.contains("live-intervals")) return true; // filled here, when the band joins
    for (const { name, value } of next.attributes) if (node.getAttribute(name) !== value) node.setAttribute(name, value);
    return [...node.attributes].every(({ name }) => next.hasAttribute(name)) && patch(node, next);
  });
}
