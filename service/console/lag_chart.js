// One quantity over the last minutes, 15 at most, as the page has seen it.

import { element, set_text } from './page.js';

const minutes = [1, 5, 15];
const gap_ms = 5000;
const width = 600;
const height = 100;

function drawn(name, attributes) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** The next round number: 1, 2 or 5 times a power of ten, or of two for bytes. */
function ceiling(value, base) {
  let power = base === 10 ? 1 : 1024;
  while (power * base < value) power *= base;
  const steps = base === 10 ? [1, 2, 5, 10] : [1, 1.25, 1.5, 2];
  return power * steps.find((step) => power * step >= value);
}

export class LagChart {
  /** `text` makes a value readable; `base` is 10, or 2 for bytes. */
  constructor(figure, title, text, base) {
    Object.assign(this, { title, text, base, samples: [] });
    this.now = element('strong');
    this.peak = element('span', { class: 'peak' });
    this.top = element('span', { class: 'ceiling' });
    this.svg = drawn('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img' });
    for (const share of [0.25, 0.5, 0.75]) {
      this.svg.append(drawn('line', { class: 'rule', x1: 0, x2: width, y1: height * share, y2: height * share }));
    }
    this.area = drawn('path', { class: 'area' });
    this.line = drawn('path', { class: 'line' });
    this.svg.append(this.area, this.line);
    this.begin = element('span');
    figure.append(element('figcaption', {}, `${title} `, this.now, ' ', this.peak),
      element('div', { class: 'plot' }, this.top, this.svg),
      element('div', { class: 'ends', 'aria-hidden': 'true' }, this.begin, element('span', {}, 'now')));
  }

  add(at_ms, value) {
    this.samples.push({ at_ms, value });
    while (this.samples[0].at_ms < at_ms - minutes.at(-1) * 60_000) this.samples.shift();
    this.draw(at_ms);
  }

  /** Runs of samples without a gap between them. */
  runs() {
    const runs = [];
    let before = null;
    for (const sample of this.samples) {
      if (sample.value === null) {
        before = null;
        continue;
      }
      if (before === null || sample.at_ms - before > gap_ms) runs.push([]);
      runs.at(-1).push(sample);
      before = sample.at_ms;
    }
    return runs;
  }

  draw(now_ms) {
    const values = this.samples.map((sample) => sample.value).filter((value) => value !== null);
    const peak = values.length ? Math.max(...values) : 0;
    const top = ceiling(Math.max(peak, this.base === 10 ? 1 : 1024), this.base);
    const age_ms = now_ms - this.samples[0].at_ms;
    const span = minutes.find((some) => age_ms <= some * 60_000);
    const span_ms = span * 60_000;
    const x = (sample) => (width - ((now_ms - sample.at_ms) / span_ms) * width).toFixed(1);
    const y = (sample) => (height - 1 - (sample.value / top) * (height - 3)).toFixed(1);
    let line = '';
    let area = '';
    for (const run of this.runs()) {
      const points = run.map((sample) => `${x(sample)} ${y(sample)}`).join('L');
      line += `M${points}`;
      area += `M${x(run[0])} ${height}L${points}L${x(run.at(-1))} ${height}Z`;
    }
    this.line.setAttribute('d', line);
    this.area.setAttribute('d', area);
    const now = this.samples.at(-1).value;
    set_text(this.now, this.text(now));
    set_text(this.peak, `peak ${this.text(values.length ? peak : null)}`);
    set_text(this.top, this.text(top));
    set_text(this.begin, `−${span} min`);
    this.svg.setAttribute('aria-label', `${this.title}: now ${this.text(now)}, at most ${this.text(peak)}`);
  }
}
