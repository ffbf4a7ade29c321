// The box for queries that read.

import { by_id, element, set_text } from './page.js';
import { plural } from './quantity.js';
import { ask } from './service.js';

const rows_max = 1000;

function table_of({ columns, rows }) {
  const cell = (value) => element('td', { class: value === null ? 'absent' : null }, value ?? 'NULL');
  const head = columns.map((column) => element('th', { scope: 'col' }, column));
  return element('table', { class: 'rows' }, element('caption', { class: 'unseen' }, 'The answer'),
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows.slice(0, rows_max).map((row) => element('tr', {}, ...row.map(cell)))));
}

export class Query {
  constructor() {
    by_id('query-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.run();
    });
    by_id('query').addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.run();
      }
    });
  }

  async run() {
    const query = by_id('query').value;
    if (this.running || !query.trim()) return;
    this.running = true;
    const began = performance.now();
    set_text(by_id('query-problem'), '');
    set_text(by_id('query-standing'), 'Running …');
    by_id('query-run').setAttribute('aria-disabled', 'true');
    by_id('answer').replaceChildren();
    try {
      const answer = await ask('/api/v1/sql', { query });
      const seconds = ((performance.now() - began) / 1000).toFixed(2);
      const part = answer.rows.length > rows_max ? `, the first ${rows_max.toLocaleString('en-US')} are shown` : '';
      set_text(by_id('query-standing'), `${plural(answer.rows.length, 'row')} in ${seconds} s${part}`);
      by_id('answer').append(element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'The answer' }, table_of(answer)));
    } catch (refusal) {
      set_text(by_id('query-standing'), '');
      set_text(by_id('query-problem'), refusal.message);
    }
    by_id('query-run').removeAttribute('aria-disabled');
    this.running = false;
  }
}
