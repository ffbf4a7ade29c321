// The head of the page: the pipeline's state, why, whether the page is live, and the key figures.

import { by_id, element, set_text } from './page.js';
import { bytes_text, count_text, rate_text, seconds_text, unknown } from './quantity.js';

const tones = { starting: 'calm', copying: 'busy', streaming: 'good', retrying: 'warn', stopped: 'calm', failed: 'bad' };

const figures = [
  ['Lag', (live) => seconds_text(live.status.lag_seconds)],
  ['Lag in WAL', (live) => bytes_text(live.status.lag_bytes)],
  ['WAL kept by the slot', (live) => bytes_text(live.status.retained_wal_bytes)],
  ['Events/s', (live, pace) => rate_text(pace.total)],
  ['Dead letters', (live) => count_text(live.status.dead_letters)],
  ['Outbox pending', (live) => count_text(live.outbox_pending)],
  ['Checkpoint', (live) => live.status.checkpoint_lsn ?? unknown],
  ['Source at', (live) => live.status.source_lsn ?? unknown],
];

export class Standing {
  constructor() {
    this.said = '';
    this.values = figures.map(([title, text]) => {
      const value = element('dd', {}, unknown);
      by_id('figures').append(element('div', {}, element('dt', {}, title), value));
      return { value, text };
    });
  }

  show(live, pace) {
    const { pipeline, state, reason } = live.status;
    document.title = `${state === 'streaming' ? '' : `${state} · `}${pipeline} · walferry`;
    set_text(by_id('pipeline'), pipeline);
    this.badge(state, tones[state] ?? 'calm');
    this.link(`live · ${live.now.slice(11, 19)} UTC`, 'good');
    for (const { value, text } of this.values) set_text(value, text(live, pace));
    by_id('figures').classList.toggle('letters', live.status.dead_letters > 0);
    this.notice(reason, state === 'failed' ? 'bad' : 'warn');
    this.say(`The pipeline is ${state}${reason ? `: ${reason}` : ''}`);
    set_text(by_id('version'), `walferry ${live.version}`);
  }

  /** The service does not answer. */
  lost(refusal, since) {
    this.badge('unknown', 'bad');
    this.link('not live', 'bad');
    document.title = `no answer · ${by_id('pipeline').textContent} · walferry`;
    const seen = since ? ` What is shown is of ${since.slice(11, 19)} UTC.` : '';
    this.notice(`${refusal.message}; the page tries again.${seen}`, 'bad');
    this.say(refusal.message);
  }

  badge(word, tone) {
    const badge = by_id('state');
    badge.hidden = false;
    badge.className = `badge ${tone}`;
    set_text(badge, word);
  }

  link(word, tone) {
    by_id('link').className = `link ${tone}`;
    set_text(by_id('link'), word);
  }

  notice(text, tone) {
    const notice = by_id('notice');
    notice.hidden = !text;
    notice.className = `notice ${tone}`;
    if (notice.dataset.text === text) return;
    notice.dataset.text = text;
    const [why, way_out] = text.split('. Way out: ');
    notice.replaceChildren(element('p', {}, why));
    if (tone === 'warn') notice.append(element('p', { class: 'aside' }, 'It tries again by itself.'));
    if (way_out) notice.append(element('p', {}, element('strong', {}, 'Way out: '), way_out));
  }

  /** For screen readers, when it is news. */
  say(text) {
    if (text === this.said) return;
    this.said = text;
    set_text(by_id('announcement'), text);
  }
}
