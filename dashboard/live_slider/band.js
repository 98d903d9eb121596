// Hands a band on to the panels it belongs to, and asks for the next slice of one that is not done while no thumb moves.

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
    this.moving = false;
    this.timer = 0;
    this.hear = ({ detail }) => {
      if (detail.channel !== this.data.channel) return;
      this.moving = detail.moving;
      this.wait();
    };
  }

  leave() {
    clearTimeout(this.timer);
    document.removeEventListener("live-sliders", this.hear);
  }

  take({ data, setStateValue }) {
    document.addEventListener("live-sliders", this.hear); // adding it again changes nothing
    this.data = data;
    this.ask = () => setStateValue("asked", [data.stamp, data.slice + 1]);
    if (data.band) {
      document.liveBands = { ...document.liveBands, [data.channel]: { ...data.band, stamp: data.stamp, done: data.done } };
      document.dispatchEvent(new CustomEvent("live-band", { detail: { channel: data.channel } }));
    }
    this.wait();
  }

  wait() {
    clearTimeout(this.timer);
    if (!this.data.done && !this.moving) this.timer = setTimeout(this.ask, this.data.pause);
  }
}
