// Resyncs: those under way, live, and the last ones that ended.

import { Grid } from './grid.js';
import { by_id, confirmed, element, set_text } from './page.js';
import { count_text, time_text } from './quantity.js';
import { ask, is_between_sessions } from './service.js';
import { fill_rows } from './tables.js';

const ended_max = 10;
const tones = { done: 'good', failed: 'bad', cancelled: 'calm' };

function fill_state(resync, cell) {
  if (!cell.firstChild) cell.append(element('span'), element('span', { class: 'under' }));
  cell.firstChild.className = `badge small ${tones[resync.state] ?? 'busy'}`;
  set_text(cell.firstChild, resync.state.replace('_', ' '));
  set_text(cell.lastChild, resync.reason ?? '');
}

export class Resyncs {
  constructor() {
    this.listed = [];
    this.open_ids = null;
    this.grid = new Grid(by_id('resyncs'), {
      caption: 'Resyncs',
      empty: 'None yet. Select tables above to make them equal to their source again.',
      key: (resync) => resync.id,
      columns: [
        { title: 'Table', text: (resync) => resync.table, kind: 'name', wide: true },
        { title: 'State', fill: fill_state },
        { title: 'Rows', kind: 'number', fill: (resync, cell) => fill_rows(resync, !resync.ended_at, cell) },
        { title: 'Changed', kind: 'number', text: (resync) => count_text(resync.rows_changed) },
        { title: 'Asked for (UTC)', kind: 'time', text: (resync) => time_text(resync.requested_at) },
        { title: 'Ended (UTC)', kind: 'time', fill: (resync, cell) => this.fill_end(resync, cell) },
      ],
    });
  }

  fill_end(resync, cell) {
    if (resync.ended_at) {
      if (cell.firstChild?.nodeName !== '#text') cell.replaceChildren('');
      return set_text(cell, time_text(resync.ended_at));
    }
    if (cell.firstChild) return undefined;
    const button = element('button', { type: 'button', 'aria-label': `Cancel the resync of ${resync.table}` }, 'Cancel …');
    button.addEventListener('click', () => this.cancel(resync));
    return cell.append(button);
  }

  /** What is open comes live; the list is asked for when one begins or ends. */
  follow(live) {
    const open = live.status.resyncs ?? [];
    const open_ids = `${open.map((resync) => resync.id).join()} ${is_between_sessions(live.status)}`;
    if (open_ids !== this.open_ids) {
      this.open_ids = open_ids;
      this.load();
    }
    this.show(open);
  }

  async load() {
    try {
      this.listed = (await ask('/api/v1/resync')).resyncs;
      set_text(by_id('resyncs-problem'), '');
    } catch (refusal) {
      set_text(by_id('resyncs-problem'), `The warehouse can't be asked for its resyncs now: ${refusal.message}`);
    }
  }

  show(open) {
    const live = new Map(open.map((resync) => [resync.id, resync]));
    const listed = new Map(this.listed.map((resync) => [resync.id, resync]));
    const all = [...new Set([...live.keys(), ...listed.keys()])].sort((a, b) => b - a)
      .map((id) => (listed.get(id)?.ended_at ? listed.get(id) : live.get(id) ?? listed.get(id)));
    const ended = all.filter((resync) => resync.ended_at).slice(0, ended_max);
    this.grid.show([...all.filter((resync) => !resync.ended_at), ...ended]);
  }

  async cancel(resync) {
    if (!await confirmed(`Cancel the resync of ${resync.table}?`, 'The target stays as it is.', 'Cancel the resync')) return;
    try {
      await ask('/api/v1/resync/cancel', { ids: [resync.id] });
      set_text(by_id('resyncs-problem'), '');
    } catch (refusal) {
      set_text(by_id('resyncs-problem'), `Not cancelled: ${refusal.message}`);
    }
    await this.load();
    by_id('resyncs-title').focus();
  }
}
