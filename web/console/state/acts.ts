// What an agent does to a conversation: shown at once, undone by a toast, refused in words. Without a connection
// the act waits in a queue of its own and goes out, in order, when it is back.
import * as api from '../api';
import { app } from './app.svelte';
import { lists } from './lists.svelte';
import { line, type Extra } from './line.svelte';

interface Waiting {
  id: string;
  run: () => Promise<api.Conversation>;
}
const waiting: Waiting[] = [];

/** Does it; `guess` is what the screen shows until the answer comes, and what is taken back when it is refused. */
export async function act(id: string, guess: Partial<api.Conversation>, run: () => Promise<api.Conversation>): Promise<boolean> {
  const before = lists.peek(id);
  lists.put({ id, ...guess });
  try {
    lists.put(await run());
    return true;
  } catch (err) {
    if (err instanceof api.ApiError && err.offline) {
      waiting.push({ id, run });
      app.say({ text: app.t('act.later') });
      return true;
    }
    if (before) lists.put({ ...before, version: lists.peek(id)?.version ?? before.version });
    if (!(await taken(id, err))) app.fail(err);
    return false;
  }
}

/** Somebody else was first: says who, and shows the conversation as it is now. */
async function taken(id: string, err: unknown): Promise<boolean> {
  if (!(err instanceof api.ApiError) || err.problem.status !== 409 || err.problem.field !== 'assignee') return false;
  const now = await api.getConversation(id).catch(() => null); // the refusal's own words will do
  if (!now?.assignee) return false;
  lists.put(now);
  app.say({ text: app.t('claim.taken', { name: now.assignee.name }), bad: true });
  return true;
}

/** Sends what was done without a connection. */
export async function catchUp(): Promise<void> {
  for (let next = waiting[0]; next; next = waiting[0]) {
    try {
      lists.put(await next.run());
    } catch (err) {
      if (err instanceof api.ApiError && err.offline) return;
      app.fail(err);
    }
    waiting.shift();
  }
}

const name = (id: string) => lists.peek(id)?.contact.name || app.t('contact.anonymous');

/** Resolves it, and offers six seconds to think again. */
export async function resolve(id: string, survey = true): Promise<void> {
  const done = await act(id, { status: 'resolved', unread: 0, due: null, turn: 'customer' }, () => api.resolve(id, { survey }));
  if (done) app.say({ text: app.t('done.resolved', { name: name(id) }), undo: () => void reopen(id, true) });
}
/** Takes it up again; with `mine` it comes back to whoever does it. */
export async function reopen(id: string, mine = false): Promise<void> {
  await act(id, { status: 'waiting' }, () => api.reopen(id, {}));
  if (mine) await take(id);
}
export async function take(id: string): Promise<void> {
  const me = app.agent;
  if (!me) return;
  await act(id, { status: 'open', assignee: { id: me.id, name: me.name } }, () => api.claim(id, {}));
}
export async function snooze(id: string, until: Date): Promise<void> {
  const done = await act(id, { status: 'snoozed' }, () => api.snooze(id, { until: until.toISOString() }));
  if (done) app.say({ text: app.t('done.snoozed', { name: name(id) }), undo: () => void act(id, { status: 'open' }, () => api.claim(id, {})) });
}
export async function transfer(id: string, to: { team?: string; agent?: string; side?: api.Side; note?: string }, label: string): Promise<void> {
  const before = lists.peek(id)?.assignee?.id;
  const done = await act(id, { status: to.agent ? 'open' : 'waiting', assignee: to.agent ? { id: to.agent, name: label } : null }, () => api.transfer(id, to));
  if (!done) return;
  app.say({ text: app.t('done.transferred', { name: name(id), to: label }), ...(before === app.agent?.id ? { undo: () => void take(id) } : {}) });
}
export async function release(id: string): Promise<void> {
  if (await act(id, { status: 'waiting', assignee: null }, () => api.unassign(id, {}))) app.say({ text: app.t('done.released', { name: name(id) }), undo: () => void take(id) });
}
export async function tag(id: string, tags: string[]): Promise<void> {
  await act(id, { tags }, () => api.setTags(id, { tags }));
}
export async function complain(id: string, on: boolean): Promise<void> {
  await act(id, { complaint: on }, () => api.setComplaint(id, { on }));
}
export async function prioritise(id: string, priority: number): Promise<void> {
  await act(id, { priority }, () => api.setPriority(id, { priority }));
}
export async function spam(id: string): Promise<void> {
  const done = await act(id, { status: 'resolved', unread: 0 }, () => api.setSpam(id, { on: true }));
  if (done) app.say({ text: app.t('done.spam', { name: name(id) }), undo: () => void act(id, { status: 'waiting' }, () => api.setSpam(id, { on: false })) });
}

/** Takes whoever waits longest. */
export async function takeNext(): Promise<void> {
  try {
    const page = await api.listConversations({ view: 'queue', limit: 1 });
    const next = page.items[0];
    if (!next) return app.say({ text: app.t('queue.empty') });
    lists.put(next);
    await take(next.id);
    app.open(next.id, 'mine');
  } catch (err) {
    app.fail(err);
  }
}

// ── sending, with five seconds to think again outside chat ──

interface Held {
  timer: ReturnType<typeof setTimeout>;
  back: () => void;
}
const held = new Map<string, Held>();

/** Hands words to the outbox. What is not chat waits five seconds first: `back` puts them back into the composer. */
export function send(c: api.Conversation, text: string, more: Extra, gone: () => unknown, back: () => void): void {
  const go = () => {
    void line.sendMessage(c.id, text, more).then(gone);
  };
  if (c.channel === 'chat' || more.note) return go();
  const holding = { text: app.t('send.holding'), undo: () => takeBack(c.id) };
  const timer = setTimeout(() => {
    held.delete(c.id);
    if (app.toast === holding) app.hush();
    go();
  }, 5000);
  held.set(c.id, { timer, back });
  app.say(holding);
}
export function takeBack(id: string): void {
  const h = held.get(id);
  if (!h) return;
  clearTimeout(h.timer);
  held.delete(id);
  h.back();
}
export const isHeld = (id: string) => held.has(id);
