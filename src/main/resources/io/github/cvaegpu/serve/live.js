'use strict';

/** A curve that the server sends piece by piece: as Java's LiveCurve has it. */
class LiveCurve extends Curve {
  constructor() {
    super({ bucket: 1, length: 0, low: 0, high: 0, smallest: '', largest: null });
  }

  /** Takes buckets from one on; those before stay. */
  take(event, packed) {
    this.bucket = event.bucket;
    this.length = event.length;
    const extended = (values, text) => {
      const more = floatsOf(text);
      const all = new Float64Array(event.from + more.length);
      all.set(values.subarray(0, event.from));
      all.set(more, event.from);
      return all;
    };
    const largest = packed.largest && extended(this.largest, packed.largest);
    this.smallest = extended(this.smallest, packed.smallest);
    this.largest = largest || this.smallest;
  }
}

/** What the server tells: rows of the table, and curves of the runs that are shown. */
class Live {
  /**
   * @param on what to call: hello, rows, curves with what came, and connected with true or false
   */
  constructor(on) {
    this.on = on;
    this.curves = new Map();
    this.shown = [];
    document.addEventListener('visibilitychange', () => this.open());
  }

  /** Curves of a run, empty at first. */
  of(id) {
    if (!this.curves.has(id)) {
      this.curves.set(id, { rl: new LiveCurve(), kl: new LiveCurve(), beta: new LiveCurve(), elbo: new LiveCurve() });
    }
    return this.curves.get(id);
  }

  /** From now on these runs are shown. */
  show(ids) {
    [...this.curves.keys()].filter((id) => !ids.includes(id)).forEach((id) => this.curves.delete(id));
    if (this.source && ids.join() === this.shown.join()) {
      return;
    }
    this.shown = ids;
    // Who chooses several runs one after the other has one new stream and not several.
    clearTimeout(this.again);
    this.again = setTimeout(() => this.open(), this.source ? 200 : 0);
  }

  /** Anew, as what is asked for is in the address; a page that nobody sees asks for nothing. */
  open() {
    clearTimeout(this.again);
    if (this.source) {
      this.source.close();
    }
    if (document.hidden) {
      return;
    }
    const source = new EventSource(`/api/events?runs=${this.shown.join(',')}`);
    this.source = source;
    const listen = (name, then) =>
      source.addEventListener(name, (event) => {
        then(JSON.parse(event.data));
      });
    listen('hello', (event) => {
      this.on.connected(true);
      this.on.hello(event);
    });
    listen('rows', (event) => this.on.rows(event));
    listen('curves', (event) => {
      const curves = this.of(event.run);
      ['rl', 'kl', 'beta', 'elbo'].forEach((what) => curves[what].take(event, event[what]));
      this.on.curves(event);
    });
    source.addEventListener('error', () => {
      this.on.connected(false);
      // A browser gives up where the answer was no stream.
      if (source.readyState === EventSource.CLOSED) {
        this.again = setTimeout(() => this.open(), 5000);
      }
    });
  }
}
