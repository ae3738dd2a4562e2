import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Article, Talk } from '../protocol';
import { Offers, regret } from './offers.svelte';

const article = (id: string): Article => ({ id, title: id, url: `/help/pl/${id}`, snippet: '', score: 1 });
const waiting: Talk = { id: 'c_1', status: 'waiting', assignee: null, team: null, queue: null, online: true };

function kept(): Storage {
  const all = new Map<string, string>();
  return { getItem: (k: string) => all.get(k) ?? null, setItem: (k: string, v: string) => void all.set(k, v) } as unknown as Storage;
}
function house(found = ['a', 'b', 'c', 'd'], storage = kept()) {
  const state = { talk: { ...waiting } as Talk | null, told: [] as string[], asked: [] as Record<string, unknown>[], answers: [] as ((v: unknown) => void)[], fail: false, wait: false };
  const client = {
    request: async (frame: Record<string, unknown>) => {
      state.asked.push(frame);
      if (state.fail) throw new Error('offline');
      if (frame.type === 'suggest' && state.wait) return new Promise((answer) => state.answers.push(answer));
      return frame.type === 'suggest' ? { type: 'suggestions', articles: found.map(article) } : { type: 'ack' };
    },
  };
  const make = () =>
    new Offers(client as never, { storage, name: 'o', talk: () => state.talk, tell: (a, kind, c) => void state.told.push(`${kind} ${a} ${c}`) });
  const ended = () => state.asked.filter((f) => f.type === 'conversation.end').length;
  return { state, storage, make, ended };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('up to three are offered under what was sent, once, and the same when the window is opened again', async () => {
  const h = house();
  const offers = h.make();
  await offers.ask('c_1', 'kiedy zwrot');
  await offers.ask('c_1', 'i jeszcze');
  expect(offers.shown?.articles.map((a) => a.id)).toEqual(['a', 'b', 'c']);
  expect(h.state.asked).toEqual([{ type: 'suggest', text: 'kiedy zwrot', conversation: 'c_1' }]);
  const again = h.make();
  expect(again.shown?.articles.map((a) => a.id)).toEqual(['a', 'b', 'c']);
  expect(h.state.asked.length).toBe(1);
});

test('nothing is offered once somebody has the conversation, of another one, or when nothing answers', async () => {
  const h = house();
  const offers = h.make();
  await offers.ask('c_2', 'x');
  expect(h.state.asked.length).toBe(0);
  await offers.ask('c_1', 'x');
  h.state.talk = { ...waiting, status: 'open', assignee: { name: 'Ania' } };
  expect(offers.shown).toBeNull();
  h.state.talk = { ...waiting, id: 'c_9' };
  expect(offers.shown).toBeNull();
  const none = house([]).make();
  await none.ask('c_1', 'x');
  expect(none.shown).toBeNull();
  const off = house();
  off.state.fail = true;
  const lost = off.make();
  await lost.ask('c_1', 'x');
  expect(lost.shown).toBeNull();
});

test('an answer that comes late does not take the place of a newer one', async () => {
  const h = house();
  h.state.wait = true;
  const offers = h.make();
  const first = offers.ask('c_1', 'first');
  const second = offers.ask('c_1', 'second');
  h.state.answers[1]?.({ type: 'suggestions', articles: [article('new')] });
  await second;
  h.state.answers[0]?.({ type: 'suggestions', articles: [article('old')] });
  await first;
  expect(offers.shown?.articles.map((a) => a.id)).toEqual(['new']);
});

test('enough ends the conversation by the customer’s word, unless it is taken back', async () => {
  const h = house();
  const offers = h.make();
  await offers.ask('c_1', 'kiedy zwrot');
  offers.enough(article('b'));
  expect(h.state.told).toEqual(['solved b c_1']);
  await vi.advanceTimersByTimeAsync(regret - 1);
  expect(h.ended()).toBe(0);
  offers.undo();
  expect(h.state.told).toEqual(['solved b c_1', 'unsolved b c_1']);
  expect(offers.shown?.state).toBe('offered');
  await vi.advanceTimersByTimeAsync(regret * 2);
  expect(h.ended()).toBe(0);
  offers.enough(article('a'));
  await vi.advanceTimersByTimeAsync(regret);
  expect(h.ended()).toBe(1);
  expect(offers.shown?.ended).toBe(true);
  offers.undo();
  expect(offers.shown?.state).toBe('solved');
});

test('the page goes away before it ends: it ends when the conversation is seen again', async () => {
  const h = house();
  const offers = h.make();
  await offers.ask('c_1', 'kiedy zwrot');
  offers.enough(article('a'));
  vi.clearAllTimers();
  const again = h.make();
  expect(again.shown?.state).toBe('solved');
  again.follow();
  await vi.advanceTimersByTimeAsync(regret);
  expect(h.ended()).toBe(1);
});

test('who writes on was not helped, and a conversation that a person has is not ended', async () => {
  const h = house();
  const offers = h.make();
  await offers.ask('c_1', 'kiedy zwrot');
  offers.enough(article('a'));
  offers.goesOn();
  expect(h.state.told.at(-1)).toBe('unsolved a c_1');
  await vi.advanceTimersByTimeAsync(regret * 2);
  expect(h.ended()).toBe(0);
  expect(offers.shown).toBeNull();

  const taken = house();
  const other = taken.make();
  await other.ask('c_1', 'kiedy zwrot');
  other.enough(article('a'));
  taken.state.talk = { ...waiting, status: 'open', assignee: { name: 'Ania' } };
  await vi.advanceTimersByTimeAsync(regret);
  expect(taken.ended()).toBe(0);
});

test('none helped: each is told, and none comes again', async () => {
  const h = house(['a', 'b']);
  const offers = h.make();
  await offers.ask('c_1', 'kiedy zwrot');
  offers.unsolved();
  expect(h.state.told).toEqual(['unsolved a c_1', 'unsolved b c_1']);
  expect(offers.shown).toBeNull();
  expect(h.make().shown).toBeNull();
});
