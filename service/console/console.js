// The console: one page that follows the service's events and hands them to its parts.

import { Comparisons } from './comparisons.js';
import { LagChart } from './lag_chart.js';
import { Letters } from './letters.js';
import { Pace } from './pace.js';
import { by_id, set_text } from './page.js';
import { Query } from './query.js';
import { bytes_text, seconds_text } from './quantity.js';
import { Resyncs } from './resyncs.js';
import { follow, token } from './service.js';
import { Standing } from './standing.js';
import { Tables } from './tables.js';

const standing = new Standing();
const lag_seconds = new LagChart(by_id('lag-seconds'), 'Seconds behind', seconds_text, 10);
const lag_bytes = new LagChart(by_id('lag-bytes'), 'WAL behind', bytes_text, 2);
const pace = new Pace();
const comparisons = new Comparisons();
const tables = new Tables((names) => comparisons.compare(names));
const letters = new Letters();
const resyncs = new Resyncs();
new Query();

let heard_at = null;

function show(live) {
  heard_at = live.now;
  // Without a position the lag is not 0, but unknown.
  if (live.status.checkpoint_lsn === null) live.status.lag_seconds = null;
  by_id('access').hidden = true;
  by_id('console').hidden = false;
  by_id('forget').hidden = token.get() === null;
  pace.add(live);
  standing.show(live, pace);
  lag_seconds.add(Date.parse(live.now), live.status.lag_seconds);
  lag_bytes.add(Date.parse(live.now), live.status.lag_bytes);
  tables.show(live, pace);
  letters.follow(live);
  resyncs.follow(live);
  comparisons.follow(live);
}

function lost(refusal) {
  if (refusal.status === 401) return ask_for_token();
  by_id('console').hidden = heard_at === null && refusal.status !== 0;
  return standing.lost(refusal, heard_at);
}

function ask_for_token() {
  set_text(by_id('access-refusal'), token.get() === null ? '' : 'This token is not the one.');
  token.forget();
  by_id('console').hidden = true;
  by_id('access').hidden = false;
  standing.link('locked', 'warn');
  by_id('token').focus();
}

const start = () => follow('/api/v1/events', show, lost);

by_id('access-form').addEventListener('submit', (event) => {
  event.preventDefault();
  token.keep(by_id('token').value);
  by_id('token').value = '';
  start();
});
by_id('forget').addEventListener('click', () => {
  token.forget();
  location.reload();
});
start();
