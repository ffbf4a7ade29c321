// The tables, and what can be done with those that are selected.

import { Grid } from './grid.js';
import { by_id, confirmed, element, set_text } from './page.js';
import { age_text, count_text, plural, rate_text } from './quantity.js';
import { ask, is_between_sessions } from './service.js';

const tones = { copying: 'busy', catching_up: 'busy', streaming: 'good', failed: 'bad', excluded: 'warn' };

function fill_name(row, cell) {
  if (!cell.firstChild) cell.append(element('span', { class: 'name' }), element('span', { class: 'under' }));
  set_text(cell.firstChild, row.name);
  set_text(cell.lastChild, row.target ? `→ ${row.target}` : '');
}

function fill_state(row, cell) {
  if (!cell.firstChild) cell.append(element('span'), element('span', { class: 'under' }));
  cell.firstChild.className = `badge small ${tones[row.state] ?? 'calm'}`;
  set_text(cell.firstChild, row.state.replace('_', ' '));
  set_text(cell.lastChild, row.reason ?? '');
}

/** `rows_copied` of `rows_estimated`, with a bar while it is under way. */
export function fill_rows(row, under_way, cell) {
  if (!cell.firstChild) {
    cell.append(element('span'), element('progress', { max: 100, 'aria-label': 'Rows copied' }));
  }
  const [text, bar] = cell.children;
  const known = under_way && row.rows_estimated > 0;
  set_text(text, known ? `${count_text(row.rows_copied)} of about ${count_text(row.rows_estimated)}` : count_text(row.rows_copied));
  bar.hidden = !known;
  if (known) bar.value = Math.min(100, (100 * row.rows_copied) / row.rows_estimated);
}

const waits = 'waiting';
const key_of = (row) => JSON.stringify([row.name, row.target]);
const is_copied = (row) => row.state === 'copying' || row.state === 'catching_up';

export class Tables {
  /** `compare(names)` starts a comparison. */
  constructor(compare) {
    this.chosen = new Set();
    this.rows = [];
    this.known = new Map();
    this.grid = new Grid(by_id('tables'), {
      caption: 'Tables',
      empty: 'No tables are known yet.',
      key: key_of,
      chosen: this.chosen,
      choice: (row) => row.name,
      choice_name: (row) => `${row.name}, ${row.mode}`,
      changed: () => {
        set_text(by_id('tables-outcome'), '');
        this.show_actions();
      },
      columns: [
        { title: 'Table', fill: fill_name, order: (row) => row.name, wide: true },
        { title: 'Mode', text: (row) => row.mode, order: (row) => row.mode },
        { title: 'State', fill: fill_state, order: (row) => row.state },
        { title: 'Rows copied', kind: 'number', fill: (row, cell) => fill_rows(row, is_copied(row), cell), order: (row) => row.rows_copied },
        { title: 'Events/s', kind: 'number', text: (row) => rate_text(row.rate), order: (row) => row.rate },
        { title: 'Last commit', kind: 'number', text: (row) => age_text(row.age), order: (row) => row.age },
      ],
    });
    by_id('tables-filter').addEventListener('input', () => this.show_rows());
    by_id('tables-resync').addEventListener('click', () => this.resync());
    by_id('tables-compare').addEventListener('click', () => compare([...this.chosen]));
  }

  show(live, pace) {
    const now_ms = Date.parse(live.now);
    this.remember(live.status);
    this.rows = [...this.known.values()].map((table) => ({
      ...table,
      rate: pace.of(table.name),
      age: table.last_commit_ts ? Math.max(0, now_ms - Date.parse(table.last_commit_ts)) / 1000 : null,
    }));
    const names = new Set(this.rows.map((row) => row.name));
    for (const name of this.chosen) if (!names.has(name)) this.chosen.delete(name);
    const there = this.rows.filter((row) => row.state === 'streaming').length;
    set_text(by_id('tables-count'), `${there} of ${this.rows.length} streaming`);
    this.show_rows();
    this.show_actions();
  }

  /** Between two sessions the service knows of no tables: then what was last known of them is shown as such. */
  remember(status) {
    const before = is_between_sessions(status) ? this.known : new Map();
    this.known = new Map([...before].map(([key, table]) => [key, table.state === waits ? table
      : { ...table, state: waits, reason: `was ${table.state.replace('_', ' ')}` }]));
    for (const table of status.tables) this.known.set(key_of(table), table);
  }

  show_rows() {
    const part = by_id('tables-filter').value.trim().toLowerCase();
    this.grid.show(this.rows.filter((row) => `${row.name} ${row.target ?? ''}`.toLowerCase().includes(part)));
  }

  show_actions() {
    const some = this.chosen.size > 0;
    for (const [id, verb] of [['tables-resync', 'Resync'], ['tables-compare', 'Compare']]) {
      by_id(id).disabled = !some;
      set_text(by_id(id), some ? `${verb} ${this.chosen.size} …` : `${verb} …`);
    }
  }

  async resync() {
    const tables = [...this.chosen];
    const agreed = await confirmed(`Resync ${plural(tables.length, 'table')}?`,
      `${tables.join(', ')}: read anew from the source and made equal, while all goes on. It takes room for a second copy meanwhile.`, 'Resync');
    if (!agreed) return;
    try {
      const { resyncs } = await ask('/api/v1/resync', { tables });
      set_text(by_id('tables-outcome'), `Asked for: ${resyncs.map((resync) => resync.table).join(', ')}.`);
      this.chosen.clear();
      this.show_rows();
      this.show_actions();
    } catch (refusal) {
      set_text(by_id('tables-outcome'), `Not resynced: ${refusal.message}`);
    }
  }
}
