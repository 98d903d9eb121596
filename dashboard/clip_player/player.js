// The clip player: one range input moves the frame and the cursor on the volume curve together, without the server.
const NS = "http://www.w3.org/2000/svg";
const HEIGHT = 236, LEFT = 44, RIGHT = 8, TOP = 46, BOTTOM = 34, KEYS = 28;

export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".player");
  if (root.lvadId === data.id && root.lvadStop) return root.lvadStop;
  root.lvadStop?.();
  root.lvadId = data.id;

  const image = root.querySelector(".frame"), svg = root.querySelector(".curve");
  const scrub = root.querySelector(".scrub"), play = root.querySelector(".play");
  const readout = root.querySelector(".readout");
  image.width = data.width;
  image.height = data.height;
  scrub.max = data.shown.length - 1;

  const marks = new Map();
  data.beats.forEach((beat, i) => {
    marks.set(beat.ed, `end-diastole of beat ${i + 1}`);
    marks.set(beat.es, `end-systole of beat ${i + 1}`);
  });
  const last = data.time_s[data.time_s.length - 1], most = nice(Math.max(...data.volume_ml, ...data.contour_volume_ml));
  // Before the first contour that counts and after the last one nothing was measured, so nothing is drawn.
  const counted = data.time_s.map((_, i) => i).filter((i) => !data.rejected.includes(i));
  const measured = (i) => i >= counted[0] && i <= counted[counted.length - 1];
  let width = 0, cursor = null, dot = null;
  const x = (time) => LEFT + (time / last) * (width - LEFT - RIGHT);
  const y = (volume) => TOP + (1 - volume / most) * (HEIGHT - TOP - BOTTOM);

  function draw() {
    width = Math.max(svg.clientWidth, 200);
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    svg.replaceChildren();
    for (let i = 0; i <= 4; i++) {
      const volume = (most * i) / 4;
      add("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(volume), y2: y(volume) });
      add("text", { x: LEFT - 6, y: y(volume) + 4, "text-anchor": "end" }, String(Math.round(volume)));
    }
    const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20].find((s) => last / s <= width / 70) ?? 60;
    for (let time = 0; time <= last + 1e-9; time += step) {
      add("text", { x: x(time), y: HEIGHT - BOTTOM + 14, "text-anchor": "middle" }, String(+time.toFixed(1)));
    }
    add("text", { x: (LEFT + width) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, "Time (s)");
    add("text", { x: 2, y: 12 }, data.axis);
    let free = width - RIGHT;
    if (data.rejected.length) free = key(free, "contour set aside", "out", 3);
    key(free, "each contour", "own", 1.6);
    data.contour_volume_ml.forEach((volume, i) => {
      if (volume !== null) add("circle", { class: "own", cx: x(data.time_s[i]), cy: y(volume), r: 1.6 });
    });
    const points = data.volume_ml.map((v, i) => `${x(data.time_s[i]).toFixed(1)} ${y(v).toFixed(1)}`);
    add("path", { class: "line", d: `M${points.filter((_, i) => measured(i)).join("L")}` });
    for (const i of data.rejected) {
      add("circle", { class: "out", cx: x(data.time_s[i]), cy: y(measured(i) ? data.volume_ml[i] : 0), r: 3 });
    }
    for (const beat of data.beats) {
      mark(beat.ed, "ed", "ED", -9);
      mark(beat.es, "es", "ES", 17);
    }
    cursor = add("line", { class: "now", y1: TOP, y2: HEIGHT - BOTTOM });
    dot = add("circle", { class: "at", r: 3.5 });
    show();
  }

  function key(right, label, kind, r) {
    const left = right - add("text", { x: right, y: KEYS, "text-anchor": "end" }, label).getComputedTextLength();
    add("circle", { class: kind, cx: left - 8, cy: KEYS - 4, r });
    return left - 24;
  }

  function mark(i, kind, label, shift) {
    const [cx, cy] = [x(data.time_s[i]), y(data.volume_ml[i])];
    // Two shapes as well as two colours.
    if (kind === "ed") add("circle", { class: kind, cx, cy, r: 4.5 });
    else add("path", { class: kind, d: `M${cx - 5} ${cy - 4}h10l-5 9z` });
    const within = Math.min(Math.max(cx, LEFT + 9), width - RIGHT - 9);
    add("text", { class: "mark", x: within, y: cy + shift, "text-anchor": "middle" }, label);
  }

  function show() {
    const place = Number(scrub.value), i = data.shown[place];
    image.src = data.frames[place];
    const [time, volume] = [data.time_s[i], data.volume_ml[i]];
    cursor.setAttribute("x1", x(time));
    cursor.setAttribute("x2", x(time));
    dot.setAttribute("cx", x(time));
    dot.setAttribute("cy", y(measured(i) ? volume : 0));
    const said = measured(i) ? `${time.toFixed(2)} s, ${volume.toFixed(0)} mL` : `${time.toFixed(2)} s`;
    const between = measured(i) ? "volume interpolated" : "no volume measured";
    const aside = data.rejected.includes(i) ? `contour set aside, ${between}` : "";
    readout.textContent = [`frame ${i + 1} of ${data.time_s.length}: ${said}`, marks.get(i), aside].filter(Boolean).join(", ");
    scrub.setAttribute("aria-valuetext", readout.textContent);
  }

  function seek(event) {
    const box = svg.getBoundingClientRect();
    const time = ((event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT)) * last;
    scrub.value = nearest(time);
    show();
  }

  function nearest(time) {
    let best = 0;
    data.shown.forEach((i, place) => {
      if (Math.abs(data.time_s[i] - time) < Math.abs(data.time_s[data.shown[best]] - time)) best = place;
    });
    return best;
  }

  let playing = 0, began = 0, from = 0;
  function tick(now) {
    const time = from + (now - began) / 1000;
    if (time > last) [began, from] = [now, 0];
    scrub.value = nearest(Math.min(time, last));
    show();
    playing = requestAnimationFrame(tick);
  }
  function pause() {
    cancelAnimationFrame(playing);
    playing = 0;
    play.textContent = "Play";
    play.setAttribute("aria-pressed", "false");
  }
  play.onclick = () => {
    if (playing) return pause();
    began = performance.now();
    from = data.time_s[data.shown[Number(scrub.value)]];
    if (from >= last) from = 0;
    play.textContent = "Pause";
    play.setAttribute("aria-pressed", "true");
    playing = requestAnimationFrame(tick);
  };
  scrub.oninput = () => { pause(); show(); };
  svg.onpointerdown = (event) => { pause(); svg.setPointerCapture(event.pointerId); seek(event); };
  svg.onpointermove = (event) => { if (event.buttons) seek(event); };

  function add(tag, attributes, text) {
    const node = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    svg.appendChild(node);
    return node;
  }

  scrub.value = data.beats.length ? nearest(data.time_s[data.beats[0].ed]) : 0;
  const watch = new ResizeObserver(() => { if (svg.clientWidth && svg.clientWidth !== width) draw(); });
  draw();
  watch.observe(svg);
  root.lvadStop = () => { pause(); watch.disconnect(); root.lvadId = root.lvadStop = null; };
  return root.lvadStop;
}

function nice(value) {
  const step = 10 ** Math.floor(Math.log10(value));
  return [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].map((k) => k * step).find((top) => top >= value * 1.04);
}
