// Comparisons of warehouse and source: one at a time, with the rows that differ.

import { Grid } from './grid.js';
import { by_id, set_text } from './page.js';
import { count_text, plural, time_text, value_text } from './quantity.js';
import { ask, post_for_lines } from './service.js';

const differences_max = 500;

const number = (title, name) => ({ title, kind: 'number', text: (result) => (result.skipped ? '' : count_text(result[name])), order: (result) => result[name] ?? null });

const key_text = ({ key }) => (key && typeof key === 'object' ? Object.entries(key).map(([name, value]) => `${name} = ${value_text(value)}`).join(', ') : value_text(key));

export class Comparisons {
  constructor() {
    this.stop = null;
    this.seen = null;
    this.results = new Grid(by_id('comparisons'), {
      caption: 'Comparisons with the source',
      empty: 'Nothing was compared since this process began.',
      key: (result) => JSON.stringify([result.table, result.target]),
      columns: [
        { title: 'Table', text: (result) => (result.target ? `${result.table} → ${result.target}` : result.table), kind: 'name', wide: true },
        { title: 'Verdict', text: (result) => this.verdict(result) },
        number('Source rows', 'source_rows'), number('Warehouse rows', 'warehouse_rows'),
        number('Missing', 'missing'), number('Extra', 'extra'), number('Changed', 'changed'),
        { title: 'Compared (UTC)', kind: 'time', text: (result) => time_text(result.at), order: (result) => result.at },
      ],
    });
    this.differences = new Grid(by_id('differences'), {
      caption: 'Rows that differ',
      empty: '',
      key: (difference) => difference.place,
      columns: [
        { title: 'Table', text: (difference) => difference.table, kind: 'name' },
        { title: 'Row', text: key_text, kind: 'value' },
        { title: 'In the warehouse', text: (difference) => difference.difference },
        { title: 'Columns', text: (difference) => difference.columns.map((column) => column.name).join(', ') },
        { title: 'Dead letter', text: (difference) => `${difference.dead_letter ?? ''}` },
      ],
    });
    by_id('compare-all').addEventListener('click', () => this.compare([]));
    by_id('compare-stop').addEventListener('click', () => this.stop?.abort());
  }

  verdict(result) {
    if (result.skipped) return `skipped: ${result.skipped}`;
    const differing = result.missing + result.extra + result.changed - result.repaired;
    if (differing > 0) return `${plural(differing, 'row')} ${differing === 1 ? 'differs' : 'differ'}`;
    return result.undecided > 0 ? `${plural(result.undecided, 'row')} undecided` : 'equal';
  }

  /** What others or the schedule have compared is asked for when a table says so. */
  follow(live) {
    const seen = live.status.tables.map((table) => table.last_verified_ts ?? '').join();
    if (seen === this.seen) return;
    this.seen = seen;
    this.load();
  }

  async load() {
    try {
      this.results.show((await ask('/api/v1/verify')).tables);
    } catch (refusal) {
      set_text(by_id('compare-problem'), refusal.message);
    }
  }

  /** Of these tables; all when there are none. */
  async compare(tables) {
    if (this.stop) return;
    this.stop = new AbortController();
    const differences = [];
    let more = 0;
    this.show_running(true);
    set_text(by_id('compare-problem'), '');
    set_text(by_id('compare-progress'), 'Comparing …');
    this.differences.show([]);
    by_id('compare-title').scrollIntoView({ block: 'nearest' });
    let outcome = '';
    try {
      await post_for_lines('/api/v1/verify', { tables }, (line) => {
        if (line.progress) set_text(by_id('compare-progress'), `Comparing ${line.progress.table}: ${plural(line.progress.rows, 'row')} so far`);
        if (line.error) throw new Error([line.error.message, line.error.way_out].filter(Boolean).join('. Way out: '));
        if (line.results) outcome = this.outcome(line.results);
        if (!line.difference) return;
        if (differences.length === differences_max) more += 1;
        else differences.push({ ...line.difference, place: differences.length });
      }, this.stop.signal);
    } catch (problem) {
      set_text(by_id('compare-problem'), this.stop.signal.aborted ? 'Stopped.' : problem.message);
    }
    set_text(by_id('compare-progress'), more > 0 ? `${outcome} The first ${differences_max} are shown.` : outcome);
    this.differences.show(differences);
    this.stop = null;
    this.show_running(false);
    await this.load();
  }

  outcome(results) {
    const differing = results.reduce((sum, result) => sum + (result.skipped ? 0 : result.missing + result.extra + result.changed), 0);
    return `${plural(results.length, 'target')} compared: ${differing === 0 ? 'equal.' : `${plural(differing, 'row')} differ.`}`;
  }

  show_running(running) {
    by_id('compare-all').disabled = running;
    by_id('compare-stop').hidden = !running;
  }
}
