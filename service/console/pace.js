// Events a second, by table, from the totals that the service sends.

const window_ms = 5000;

export class Pace {
  constructor() {
    this.samples = [];
    this.total = null;
    this.by_table = new Map();
  }

  add(live) {
    const at_ms = Date.parse(live.now);
    const totals = new Map(Object.entries(live.events).map(([table, { streamed, copied }]) => [table, streamed + copied]));
    const before = this.samples.at(-1);
    // Another process, or one that was away: what it counted is no measure.
    const broken = before && (at_ms - before.at_ms > 2 * window_ms || at_ms <= before.at_ms
      || [...before.totals].some(([table, total]) => total > (totals.get(table) ?? 0)));
    if (broken) this.samples = [];
    this.samples.push({ at_ms, totals });
    while (this.samples.length > 2 && this.samples[1].at_ms <= at_ms - window_ms) this.samples.shift();
    this.by_table.clear();
    this.total = null;
    const first = this.samples[0];
    const seconds = (at_ms - first.at_ms) / 1000;
    if (seconds <= 0) return;
    this.total = 0;
    for (const [table, total] of totals) {
      const rate = (total - (first.totals.get(table) ?? 0)) / seconds;
      this.by_table.set(table, rate);
      this.total += rate;
    }
  }

  /** Null while it is not known yet. */
  of(table) {
    return this.total === null ? null : this.by_table.get(table) ?? 0;
  }
}
