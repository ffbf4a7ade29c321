// Numbers and times as people read them.

export const unknown = '–';

const counts = new Intl.NumberFormat('en-US');

export function count_text(number) {
  return number === null || number === undefined ? unknown : counts.format(number);
}

export function bytes_text(bytes) {
  if (bytes === null || bytes === undefined) return unknown;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let unit = 0;
  for (; bytes >= 1024 && unit < units.length - 1; unit += 1) bytes /= 1024;
  return `${unit === 0 || bytes >= 100 ? Math.round(bytes) : bytes.toFixed(1)} ${units[unit]}`;
}

/** A length of time; two units at most. */
export function seconds_text(seconds) {
  if (seconds === null || seconds === undefined) return unknown;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

/** How long ago; whole seconds, so that it does not flicker. */
export function age_text(seconds) {
  if (seconds === null) return unknown;
  if (seconds < 1.5) return 'now';
  return seconds < 60 ? `${Math.round(seconds)} s` : seconds_text(seconds);
}

export function rate_text(rate) {
  if (rate === null) return unknown;
  return rate === 0 ? '0' : rate < 10 ? rate.toFixed(1) : counts.format(Math.round(rate));
}

/** A time of the service, to the second, in UTC as it came. */
export function time_text(time) {
  return time ? time.replace('T', ' ').replace(/(\.\d+)?Z$/, '') : unknown;
}

export function plural(number, noun) {
  return `${count_text(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** Of JSON, on one line. */
export function value_text(value) {
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
