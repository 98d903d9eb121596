// Hands a band on to the panels it belongs to, and asks for the next slice of one that is not done while no thumb moves.

const HAND_MS = 250; // after what the hand does: its own message goes first
const FETCH_MS = 2000; // within which a browser, however busy, fetches a file that is ready
const askers = new WeakMap();

export default function (component) {
  const root = component.parentElement.querySelector(".live-band-source");
  let asker = askers.get(root);
  if (!asker) askers.set(root, (asker = new Asker()));
  asker.take(component);
  const turn = (asker.turn = (asker.turn ?? 0) + 1);
  return () => turn === asker.turn && asker.leave();
}

class Asker {
  constructor() {
    this.moving = this.held = false; // a thumb on its way; a pointer that is down on whatever
    this.timer = 0;
    this.busyAt = -Infinity; // when a file was last seen in the making
    this.hear = ({ detail }) => {
      if (detail.channel !== this.data.channel) return;
      this.moving = detail.moving;
      this.wait();
    };
    // Streamlit sends messages of one turn of the browser as one, to the first one's fragment alone: what the hand does
    // must never meet what is asked here.
    this.hand = ({ type }) => {
      this.held = type === "pointerdown";
      this.wait();
    };
  }

  listen(listen) {
    document[listen]("live-sliders", this.hear);
    for (const type of ["pointerdown", "pointerup", "pointercancel", "keydown"]) window[listen](type, this.hand, true);
  }

  leave() {
    clearTimeout(this.timer);
    this.listen("removeEventListener");
  }

  take({ data, setStateValue }) {
    this.listen("addEventListener"); // adding one again changes nothing
    this.data = data;
    this.ask = () => {
      // Streamlit keeps a file just made for two more runs: none is asked for until the browser has fetched it.
      if (document.querySelector('[data-testid="stDownloadButton"] button:disabled')) this.busyAt = performance.now();
      if (performance.now() - this.busyAt < FETCH_MS) this.wait();
      else setStateValue("asked", [data.stamp, data.slice + 1]);
    };
    if (data.band) {
      document.liveBands = { ...document.liveBands, [data.channel]: { ...data.band, stamp: data.stamp, done: data.done } };
      document.dispatchEvent(new CustomEvent("live-band", { detail: { channel: data.channel } }));
    }
    this.wait(data.pause);
  }

  wait(pause = HAND_MS) {
    clearTimeout(this.timer);
    if (!this.data.done && !this.moving && !this.held) this.timer = setTimeout(this.ask, pause);
  }
}
