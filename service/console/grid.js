// A table that is brought up to date in place: rows keep their elements, so that focus and selection stay.

import { element, set_text } from './page.js';

/**
 * Columns: {title, name} and, as needed: `text(row)`; `fill(row, cell)` instead of it, called each time; `order(row)`
 * makes the column sortable; `kind`, a class of its cells; `wide`, whether it spans a narrow page. The first
 * column is the row's header. `key(row)` tells rows apart. With `chosen`, a Set, `choice(row)` names what a checkbox in
 * front adds to it, and `changed()` hears of it.
 */
export class Grid {
  constructor(host, options) {
    Object.assign(this, options);
    this.rows = [];
    this.lines = new Map();
    this.sorted = { column: null, down: false };
    this.body = element('tbody', { role: 'rowgroup' });
    this.nothing = element('p', { class: 'nothing' }, this.empty);
    this.table = element('table', { role: 'table', class: 'grid' },
      element('caption', { class: 'unseen' }, this.caption),
      element('thead', { role: 'rowgroup' }, this.head_row()), this.body);
    host.append(element('div', { class: 'scroll' }, this.table), this.nothing);
    this.show([]);
  }

  head_row() {
    this.heads = this.columns.map((column) => {
      const head = element('th', { role: 'columnheader', scope: 'col', class: column.kind ?? null });
      if (!column.order) {
        head.append(column.title);
        return head;
      }
      const button = element('button', { type: 'button', class: 'sort' }, column.title);
      button.addEventListener('click', () => this.sort_by(column));
      head.append(button);
      return head;
    });
    const row = element('tr', { role: 'row' });
    if (this.chosen) {
      this.all = element('input', { type: 'checkbox', 'aria-label': `Select all: ${this.caption}` });
      this.all.addEventListener('change', () => this.choose_all(this.all.checked));
      row.append(element('th', { role: 'columnheader', scope: 'col', class: 'choice' }, this.all));
    }
    row.append(...this.heads);
    return row;
  }

  /** What stands in place of no rows. */
  say_empty(text) {
    set_text(this.nothing, text);
  }

  sort_by(column) {
    this.sorted = { column, down: this.sorted.column === column && !this.sorted.down };
    this.columns.forEach((other, index) => {
      if (other !== column) return this.heads[index].removeAttribute('aria-sort');
      return this.heads[index].setAttribute('aria-sort', this.sorted.down ? 'descending' : 'ascending');
    });
    this.show(this.rows);
  }

  choose_all(chosen) {
    for (const row of this.rows) this.chosen[chosen ? 'add' : 'delete'](this.choice(row));
    this.show(this.rows);
    this.changed();
  }

  in_order(rows) {
    const { column, down } = this.sorted;
    if (!column) return rows;
    const compare = (a, b) => (a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -1 : 1);
    return [...rows].sort((a, b) => compare(column.order(a), column.order(b)) * (down ? -1 : 1));
  }

  show(rows) {
    this.rows = rows;
    const wanted = this.in_order(rows).map((row) => this.line_of(row).line);
    const present = new Set(wanted);
    for (const [key, { line }] of this.lines) if (!present.has(line)) this.lines.delete(key);
    const moved = wanted.length !== this.body.children.length
      || wanted.some((line, index) => this.body.children[index] !== line);
    if (moved) {
      const focused = document.activeElement;
      this.body.replaceChildren(...wanted);
      if (focused !== document.activeElement && this.body.contains(focused)) focused.focus({ preventScroll: true });
    }
    this.table.hidden = rows.length === 0;
    this.nothing.hidden = rows.length > 0;
    if (this.all) {
      const chosen = rows.filter((row) => this.chosen.has(this.choice(row))).length;
      this.all.checked = rows.length > 0 && chosen === rows.length;
      this.all.indeterminate = chosen > 0 && chosen < rows.length;
    }
  }

  line_of(row) {
    const key = this.key(row);
    let known = this.lines.get(key);
    if (!known) {
      known = this.make_line(row);
      this.lines.set(key, known);
    }
    if (known.box) known.box.checked = this.chosen.has(this.choice(row));
    this.columns.forEach((column, index) => {
      if (column.fill) column.fill(row, known.cells[index]);
      else set_text(known.cells[index], column.text(row));
    });
    return known;
  }

  make_line(row) {
    const line = element('tr', { role: 'row' });
    const known = { line, box: null };
    if (this.chosen) {
      known.box = element('input', { type: 'checkbox', 'aria-label': `Select ${this.choice_name(row)}` });
      known.box.addEventListener('change', () => {
        this.chosen[known.box.checked ? 'add' : 'delete'](this.choice(row));
        this.show(this.rows);
        this.changed();
      });
      line.append(element('td', { role: 'cell', class: 'choice' }, known.box));
    }
    known.cells = this.columns.map((column, index) => element(index === 0 ? 'th' : 'td', {
      role: index === 0 ? 'rowheader' : 'cell', scope: index === 0 ? 'row' : null, 'data-title': column.title,
      class: [column.kind, column.wide ? 'wide' : null].filter(Boolean).join(' ') || null,
    }));
    line.append(...known.cells);
    return known;
  }
}
