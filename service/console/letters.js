// Dead letters: a list, one of them in full, and what becomes of them.

import { Grid } from './grid.js';
import { by_id, confirmed, element, set_text } from './page.js';
import { count_text, plural, time_text, value_text } from './quantity.js';
import { ask, is_between_sessions } from './service.js';

const operations = { c: 'insert', u: 'update', d: 'delete', t: 'truncate', r: 'copy' };
const ids_a_request = 1000;

const key_text = (letter) => Object.entries(letter.key).map(([name, value]) => `${name} = ${value_text(value)}`).join(', ');

/** Old and new row side by side; a column that one of them lacks was not carried by the stream. */
function rows_table({ before, after }) {
  const sides = [['Before', before], ['After', after]].filter(([, row]) => row);
  const names = [...new Set(sides.flatMap(([, row]) => Object.keys(row)))];
  const cell = (row, name) => {
    if (!(name in row)) return element('td', { class: 'absent' }, 'not sent');
    return element('td', { class: row[name] === null ? 'absent' : null }, value_text(row[name]));
  };
  const lines = names.map((name) => {
    const differs = sides.length === 2 && value_text(before[name]) !== value_text(after[name]);
    return element('tr', { class: differs ? 'differs' : null },
      element('th', { scope: 'row' }, name), ...sides.map(([, row]) => cell(row, name)));
  });
  const head = ['Column', ...sides.map(([title]) => title)].map((title) => element('th', { scope: 'col' }, title));
  return element('table', { class: 'rows' }, element('caption', { class: 'unseen' }, 'The row before and after'),
    element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...lines));
}

export class Letters {
  constructor() {
    this.chosen = new Set();
    this.letters = [];
    this.next = null;
    this.known = null;
    this.asked = 0;
    this.grid = new Grid(by_id('letters'), {
      caption: 'Open dead letters',
      empty: '',
      key: (letter) => letter.id,
      chosen: this.chosen,
      choice: (letter) => letter.id,
      choice_name: (letter) => `letter ${letter.id}`,
      changed: () => this.show_actions(),
      columns: [
        { title: 'Letter', fill: (letter, cell) => this.fill_id(letter, cell), order: (letter) => letter.id },
        { title: 'Table', text: (letter) => letter.table, order: (letter) => letter.table, kind: 'name' },
        { title: 'Key', text: key_text, order: key_text, kind: 'value' },
        { title: 'Change', text: (letter) => operations[letter.op] ?? letter.op, order: (letter) => letter.op },
        { title: 'Refused because', text: (letter) => letter.error, order: (letter) => letter.error, kind: 'error', wide: true },
        { title: 'Tried', kind: 'number', text: (letter) => count_text(letter.attempts), order: (letter) => letter.attempts },
        { title: 'Since (UTC)', text: (letter) => time_text(letter.created_at), order: (letter) => letter.created_at, kind: 'time' },
      ],
    });
    by_id('letters-table').addEventListener('change', () => this.load());
    by_id('letters-more').addEventListener('click', () => this.load_more());
    by_id('letters-replay').addEventListener('click', () => this.replay([...this.chosen]));
    by_id('letters-discard').addEventListener('click', () => this.discard([...this.chosen]));
    by_id('letter-close').addEventListener('click', () => by_id('letter').close());
    by_id('letter-replay').addEventListener('click', () => this.replay([this.opened]));
    by_id('letter-discard').addEventListener('click', () => this.discard([this.opened]));
  }

  fill_id(letter, cell) {
    if (cell.firstChild) return;
    const button = element('button', { type: 'button', class: 'plain', 'aria-label': `Open letter ${letter.id}` }, `${letter.id}`);
    button.addEventListener('click', () => this.open(letter.id));
    cell.append(button);
  }

  /** Asks for the letters when their number has changed, and when the warehouse is back. */
  follow(live) {
    const { dead_letters } = live.status;
    const between = is_between_sessions(live.status);
    const known = `${dead_letters} ${between}`;
    set_text(by_id('letters-count'), `${count_text(dead_letters)} open`);
    if (!between) this.show_tables(live.status.tables);
    if (known === this.known) return;
    this.known = known;
    this.load();
  }

  show_tables(tables) {
    const names = [...new Set(tables.map((table) => table.name))].sort();
    const select = by_id('letters-table');
    if (select.dataset.names === names.join('\n')) return;
    select.dataset.names = names.join('\n');
    const chosen = select.value;
    select.replaceChildren(element('option', { value: '' }, 'all'), ...names.map((name) => element('option', { value: name }, name)));
    select.value = names.includes(chosen) ? chosen : '';
  }

  path(after) {
    const query = new URLSearchParams();
    if (by_id('letters-table').value) query.set('table', by_id('letters-table').value);
    if (after) query.set('after', after);
    return `/api/v1/dlq?${query}`;
  }

  async load() {
    this.asked += 1;
    const asked = this.asked;
    try {
      const { letters, next } = await ask(this.path(null));
      if (asked !== this.asked) return;
      this.letters = letters;
      this.next = letters.length > 0 ? next : null;
      this.grid.say_empty('None is open.');
      set_text(by_id('letters-problem'), '');
    } catch (refusal) {
      this.refused(refusal);
    }
    this.show();
  }

  refused(refusal) {
    this.grid.say_empty('');
    set_text(by_id('letters-problem'), `The warehouse can't be asked for its letters now: ${refusal.message}`);
  }

  async load_more() {
    try {
      const { letters, next } = await ask(this.path(this.next));
      this.letters = [...this.letters, ...letters];
      this.next = letters.length > 0 ? next : null;
    } catch (refusal) {
      this.refused(refusal);
    }
    this.show();
  }

  show() {
    const ids = new Set(this.letters.map((letter) => letter.id));
    for (const id of this.chosen) if (!ids.has(id)) this.chosen.delete(id);
    const all = this.known !== null && !by_id('letters-table').value && this.letters.length >= Number(this.known.split(' ')[0]);
    by_id('letters-more').hidden = this.next === null || all;
    this.grid.show(this.letters);
    this.show_actions();
  }

  show_actions() {
    const some = this.chosen.size > 0;
    for (const [id, verb] of [['letters-replay', 'Replay'], ['letters-discard', 'Discard']]) {
      by_id(id).disabled = !some;
      set_text(by_id(id), some ? `${verb} ${this.chosen.size} …` : `${verb} …`);
    }
  }

  open(id) {
    const letter = this.letters.find((one) => one.id === id);
    if (!letter) return;
    this.opened = id;
    const facts = {
      Table: letter.table, Target: letter.target_table, Key: key_text(letter), Change: operations[letter.op] ?? letter.op,
      'Refused at': letter.stage, Code: letter.error_code, Position: `${letter.lsn}, ${letter.seq} in its transaction`,
      Transaction: letter.xid, 'Committed (UTC)': time_text(letter.commit_ts), 'A letter since (UTC)': time_text(letter.created_at),
      Tried: plural(letter.attempts, 'time'),
    };
    set_text(by_id('letter-title'), `Letter ${letter.id}`);
    set_text(by_id('letter-error'), letter.error);
    by_id('letter-facts').replaceChildren(...Object.entries(facts).filter(([, value]) => value !== null && value !== '')
      .map(([title, value]) => element('div', {}, element('dt', {}, title), element('dd', {}, `${value}`))));
    by_id('letter-rows').replaceChildren(rows_table(letter.payload));
    by_id('letter').showModal();
    by_id('letter-close').focus();
  }

  /** Asks first, as `discard` does. */
  async replay(ids) {
    const agreed = await confirmed(`Replay ${plural(ids.length, 'letter')}?`,
      'They are tried again, in the order of their commits. What is refused again stays a letter; nothing newer is overwritten.', 'Replay');
    if (!agreed) return;
    await this.act(ids, async (some) => {
      const { results, failure } = await ask('/api/v1/dlq/replay', { ids: some });
      const lines = results.map((result) => `Letter ${result.id}, ${result.table}: ${result.error ? `refused again: ${result.error}` : result.result}`);
      return failure ? [...lines, `Ended early: ${failure}`] : lines;
    });
  }

  async discard(ids) {
    const agreed = await confirmed(`Discard ${plural(ids.length, 'letter')}?`,
      'The changes are given up: the warehouse goes without them. The rows stay in walferry.dead_letter as discarded.', 'Discard');
    if (!agreed) return;
    await this.act(ids, async (some) => {
      const { discarded } = await ask('/api/v1/dlq/discard', { ids: some });
      return [`Discarded: ${discarded.join(', ') || 'none, for none was open any more'}`];
    });
  }

  async act(ids, work) {
    by_id('letter').close();
    const lines = [];
    try {
      for (let from = 0; from < ids.length; from += ids_a_request) {
        lines.push(...await work(ids.slice(from, from + ids_a_request)));
      }
    } catch (refusal) {
      lines.push(`Not done: ${refusal.message}`);
    }
    by_id('letters-outcome').replaceChildren(element('ul', {}, ...lines.map((line) => element('li', {}, line))));
    await this.load();
    by_id('letters-title').focus();
  }
}
