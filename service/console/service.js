// Talking to the service: the token, single questions, and the stream of events.

const token_key = 'walferry.token';
const silence_max_ms = 10_000;

/** What the service refused, and why. Status 0: it does not answer. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export const token = {
  get: () => sessionStorage.getItem(token_key),
  keep: (value) => sessionStorage.setItem(token_key, value),
  forget: () => sessionStorage.removeItem(token_key),
};

/** Whether the pipeline is about to connect again: then little is known of source, tables and warehouse. */
export function is_between_sessions({ state }) {
  return state === 'retrying' || state === 'starting';
}

/** A response that is ok. `body` makes it a POST of JSON. */
async function send(path, body, signal) {
  const headers = {};
  if (token.get()) headers.Authorization = `Bearer ${token.get()}`;
  const options = { headers, signal, cache: 'no-store', credentials: 'omit', redirect: 'error' };
  if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
    Object.assign(options, { method: 'POST', body: JSON.stringify(body) });
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refusal(0, 'walferry does not answer');
  }
  if (response.ok) return response;
  const said = await response.json().catch(() => null);
  throw new Refusal(response.status, said?.error ?? `walferry answered ${response.status}`);
}

export async function ask(path, body) {
  return (await send(path, body)).json();
}

/** Calls `take` with each line of an answer. */
async function read_lines(response, take) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    lines.forEach(take);
  }
  if (rest) take(rest);
}

/** Posts, and calls `take` with each JSON line of the answer until it ends. */
export async function post_for_lines(path, body, take, signal) {
  await read_lines(await send(path, body, signal), (line) => take(JSON.parse(line)));
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** One stream to its end; returns after how many ms to ask again. */
async function follow_once(path, take) {
  let again_ms = 1000;
  const silence = new AbortController();
  let timer = 0;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), silence_max_ms);
  };
  try {
    heard();
    await read_lines(await send(path, undefined, silence.signal), (line) => {
      heard();
      if (line.startsWith('retry: ')) again_ms = Number(line.slice(7));
      if (line.startsWith('data: ')) take(JSON.parse(line.slice(6)));
    });
  } finally {
    clearTimeout(timer);
  }
  return again_ms;
}

/**
 * Follows the service's events for ever: the stream is asked for again when it ends, which it does now and then, at
 * once when there are more pages than streams. EventSource would not send the token. Ends when the token is refused.
 */
export async function follow(path, take, lost) {
  for (;;) {
    try {
      await pause(await follow_once(path, take));
    } catch (refusal) {
      lost(refusal instanceof Refusal ? refusal : new Refusal(0, 'walferry does not answer'));
      if (refusal.status === 401) return;
      await pause(2000);
    }
  }
}
