import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Client, gapPatience } from './client';
import { newKey } from './key';
import { memoryRows, openRows } from './store';
import type { RowStore } from './store';
import { FakeBrowser, FakePage, FakeServer } from './test/server';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
afterEach(() => void vi.useRealTimers());

/** A store whose rows outlive the client, as IndexedDB's do. */
function kept(): RowStore {
  return { ...memoryRows(), durable: true };
}
function tab(server: FakeServer, browser = new FakeBrowser(), rows = kept()) {
  const page = new FakePage();
  const client = new Client({ url: 'ws://x', scope: 'v', open: server.open, surroundings: page, random: () => 0, rows: Promise.resolve(rows), tabs: browser.tab() });
  return { client, page, rows, browser };
}
const moment = (ms = 5) => vi.advanceTimersByTimeAsync(ms);
const texts = (client: Client, id = 'c_1') => client.timeline(id).list().map((i) => i.message?.text);
const pending = (client: Client) => client.outbox.list().map((r) => `${r.text}:${r.state}`);

test('a message is kept, sent, acknowledged and placed by its seq', async () => {
  const server = new FakeServer();
  const { client, rows } = tab(server);
  await client.start();
  await moment();
  client.outbox.add({ conversation: null, text: 'halo' });
  expect(pending(client)).toEqual(['halo:sending']);
  await moment();
  expect(texts(client)).toEqual(['halo']);
  expect(pending(client)).toEqual([]);
  expect(await rows.all()).toEqual([]);
});

test('the row is on disk before the frame leaves', async () => {
  const server = new FakeServer();
  let release = () => {};
  const slow: RowStore = { ...kept(), put: () => new Promise<void>((r) => (release = r)) };
  const { client } = tab(server, new FakeBrowser(), slow);
  await client.start();
  await moment();
  client.outbox.add({ conversation: 'c_1', text: 'halo' });
  await moment(1000);
  expect(server.received('message.send')).toHaveLength(0);
  release();
  await moment();
  release();
  await moment();
  expect(server.received('message.send')).toHaveLength(1);
});

test('one frame at a time per conversation, in the order written, and other conversations do not wait', async () => {
  const server = new FakeServer();
  const held: (() => void)[] = [];
  server.holdAck = (send) => held.push(send);
  const { client } = tab(server);
  await client.start();
  await moment();
  for (const t of ['1', '2', '3']) client.outbox.add({ conversation: 'c_1', text: t });
  client.outbox.add({ conversation: 'c_2', text: 'other' });
  await moment(100);
  expect(server.received('message.send').map((f) => f.text)).toEqual(['1', 'other']);
  for (let i = 0; i < 4; i++) {
    held.shift()?.();
    await moment(20);
  }
  expect(server.received('message.send').map((f) => f.text)).toEqual(['1', 'other', '2', '3']);
  expect(texts(client)).toEqual(['1', '2', '3']);
});

test('without an answer the same key goes again after the reconnect, and the message exists once', async () => {
  const server = new FakeServer();
  server.holdAck = () => undefined; // the server commits, its ack is lost
  const { client } = tab(server);
  await client.start();
  await moment();
  client.outbox.add({ conversation: null, text: 'raz' });
  await moment();
  expect(server.log.get('c_1')).toHaveLength(1);
  server.holdAck = null;
  server.cut();
  await moment(50);
  const sent = server.received('message.send');
  expect(sent).toHaveLength(2);
  expect(sent[0]?.key).toBe(sent[1]?.key);
  expect(server.log.get('c_1')).toHaveLength(1);
  expect(texts(client)).toEqual(['raz']);
  expect(pending(client)).toEqual([]);
});

test('a message shown by the server settles its row even if the ack never comes', async () => {
  const server = new FakeServer();
  const { client } = tab(server);
  server.say('c_1', 'hej');
  await client.start();
  await moment();
  await Promise.all([client.open('c_1'), moment()]);
  server.mute.add('message.send');
  const row = client.outbox.add({ conversation: 'c_1', text: 'raz' });
  await moment();
  server.say('c_1', 'raz', { key: row.key, author: { kind: 'customer' } });
  await moment();
  expect(pending(client)).toEqual([]);
  expect(texts(client)).toEqual(['hej', 'raz']);
});

test('words written without a connection wait, survive a reload and go out in order', async () => {
  const server = new FakeServer();
  server.unreachable = true;
  const first = tab(server);
  await first.client.start();
  for (const t of ['1', '2']) first.client.outbox.add({ conversation: null, text: t });
  await first.client.outbox.settled();
  expect(pending(first.client)).toEqual(['1:waiting', '2:waiting']);
  first.client.stop();
  const again = tab(server, new FakeBrowser(), first.rows);
  await again.client.start();
  expect(pending(again.client)).toEqual(['1:waiting', '2:waiting']);
  server.unreachable = false;
  again.page.wake();
  await moment(50);
  expect(texts(again.client)).toEqual(['1', '2']);
  expect(server.received('message.send')[1]?.conversation).toBe('c_1'); // followed the first one
});

test('a refusal for good holds what is behind it until it is decided', async () => {
  const server = new FakeServer();
  const { client } = tab(server);
  await client.start();
  await moment();
  server.refusals.push({ type: 'error', code: 'invalid', message: 'no', retry: false });
  const bad = client.outbox.add({ conversation: 'c_1', text: 'a' });
  client.outbox.add({ conversation: 'c_1', text: 'b' });
  await moment(50);
  expect(pending(client)).toEqual(['a:failed', 'b:behind']);
  client.outbox.retry(bad.id);
  await moment(50);
  expect(texts(client)).toEqual(['a', 'b']);
  expect(new Set(server.received('message.send').map((f) => f.key)).size).toBe(2); // the retry kept its key
});

test('a failed row can be given other words under another key, or thrown away', async () => {
  const server = new FakeServer();
  const { client } = tab(server);
  await client.start();
  await moment();
  const no = { type: 'error', code: 'invalid', message: 'no', retry: false };
  server.refusals.push(no, no);
  const one = client.outbox.add({ conversation: 'c_1', text: 'a' });
  await moment(20);
  client.outbox.edit(one.id, 'a2');
  await moment(20);
  const [first, second] = server.received('message.send');
  expect(first?.key).not.toBe(second?.key);
  client.outbox.add({ conversation: 'c_1', text: 'b' });
  client.outbox.remove(one.id);
  await moment(20);
  expect(texts(client)).toEqual(['b']);
});

test('a passing refusal is tried again by itself when the server says', async () => {
  const server = new FakeServer();
  const { client } = tab(server);
  await client.start();
  await moment();
  server.refusals.push({ type: 'error', code: 'rate_limited', message: '', retry: true, retry_after_ms: 900 });
  client.outbox.add({ conversation: 'c_1', text: 'a' });
  await moment(890);
  expect(server.received('message.send')).toHaveLength(1);
  await moment(50);
  expect(texts(client)).toEqual(['a']);
});

test('a frame too large for the server is not sent again; a text too long never leaves', async () => {
  const server = new FakeServer();
  const { client } = tab(server);
  await client.start();
  await moment();
  server.mute.add('message.send');
  client.outbox.add({ conversation: 'c_1', text: 'a' });
  await moment(20);
  server.cut(1009);
  await moment(50);
  expect(pending(client)).toEqual(['a:failed']);
  client.outbox.add({ conversation: 'c_2', text: 'ż'.repeat(16_001) });
  await moment(50);
  expect(client.outbox.list('c_2')[0]?.failed?.code).toBe('too_long');
  expect(server.received('message.send')).toHaveLength(1);
});

test('two tabs: one sends, both show, and the other takes over', async () => {
  const server = new FakeServer();
  const browser = new FakeBrowser();
  const rows = kept();
  const a = tab(server, browser, rows);
  const b = tab(server, browser, rows);
  await a.client.start();
  await b.client.start();
  await moment();
  const held: (() => void)[] = [];
  server.holdAck = (send) => held.push(send);
  b.client.outbox.add({ conversation: 'c_1', text: 'z drugiej karty' });
  await moment(20);
  expect(pending(a.client)).toEqual(['z drugiej karty:sending']);
  expect(server.peers[0]!.got.filter((f) => f.type === 'message.send')).toHaveLength(1);
  expect(server.peers[1]!.got.filter((f) => f.type === 'message.send')).toHaveLength(0);
  expect(texts(b.client)).toEqual(['z drugiej karty']); // told by the message frame
  held.shift()?.();
  await moment(20);
  expect([...pending(a.client), ...pending(b.client)]).toEqual([]);
  expect(texts(a.client)).toEqual(['z drugiej karty']);
  server.holdAck = null;
  a.client.stop();
  b.client.outbox.add({ conversation: 'c_1', text: 'dalej' });
  await moment(20);
  expect(server.peers[1]!.got.filter((f) => f.type === 'message.send')).toHaveLength(1);
  expect(texts(b.client)).toEqual(['z drugiej karty', 'dalej']);
});

test('a tab that dies with a frame under way is finished by the next one, with the same key', async () => {
  const server = new FakeServer();
  const browser = new FakeBrowser();
  const rows = kept();
  const a = tab(server, browser, rows);
  const b = tab(server, browser, rows);
  await a.client.start();
  await b.client.start();
  await moment();
  server.holdAck = () => undefined;
  a.client.outbox.add({ conversation: 'c_1', text: 'raz' });
  await moment(20);
  server.holdAck = null;
  a.client.stop();
  await moment(50);
  expect(server.log.get('c_1')).toHaveLength(1);
  expect(texts(b.client)).toEqual(['raz']);
  expect(pending(b.client)).toEqual([]);
});

test('an ack may overtake the messages below it: no history is asked, the order is right', async () => {
  const server = new FakeServer();
  const { client } = tab(server);
  server.say('c_1', '1');
  await client.start();
  await moment();
  await Promise.all([client.open('c_1'), moment()]);
  const asked = server.received('history').length;
  const peer = server.last;
  // the server commits 2 (theirs) and 3 (ours), and writes our ack first
  server.say('c_1', '2', {}, peer);
  client.outbox.add({ conversation: 'c_1', text: '3' });
  await moment(20);
  expect(client.timeline('c_1').held).toBe(1);
  server.put(peer, { type: 'message', conversation: 'c_1', seq: 2, message: server.log.get('c_1')![1] });
  await moment(gapPatience * 2);
  expect(client.timeline('c_1').held).toBe(3);
  expect(texts(client)).toEqual(['1', '2', '3']);
  expect(server.received('history').length).toBe(asked);
});

test('a hole that stays is filled from history, and resume says what is whole', async () => {
  const server = new FakeServer();
  const { client } = tab(server);
  server.say('c_1', '1');
  await client.start();
  await moment();
  await Promise.all([client.open('c_1'), moment()]);
  const peer = server.last;
  server.say('c_1', '2', {}, peer);
  server.say('c_1', '3', {}, peer);
  server.say('c_1', '4');
  await moment();
  server.mute.add('history');
  server.cut();
  await moment();
  expect(server.last.got[0]?.resume).toEqual([{ conversation: 'c_1', after: 1 }]);
  await moment(20);
  expect(texts(client)).toEqual(['1', '2', '3', '4']);
  server.mute.clear();
  server.say('c_1', '5', {}, server.last);
  server.say('c_1', '6');
  await moment(gapPatience + 20);
  expect(texts(client)).toEqual(['1', '2', '3', '4', '5', '6']);
  expect(server.received('history').at(-1)).toMatchObject({ after: 4 });
});

test('a resume that leaves a stretch out keeps the newest, older ones are loaded on demand', async () => {
  const server = new FakeServer();
  const { client } = tab(server);
  server.say('c_1', '1');
  await client.start();
  await moment();
  await Promise.all([client.open('c_1'), moment()]);
  server.unreachable = true;
  server.cut();
  for (let i = 2; i <= 40; i++) server.say('c_1', String(i));
  server.replay = 10;
  server.unreachable = false;
  await moment(20);
  expect(texts(client)).toEqual(Array.from({ length: 10 }, (_, i) => String(31 + i)));
  await moment(gapPatience * 2);
  expect(client.timeline('c_1').gap).toBeNull();
  const [more] = await Promise.all([client.older('c_1', 30), moment()]);
  expect(more).toBe(true);
  expect(texts(client)).toHaveLength(40);
});

test('what was missed is not news of this moment; what is being said is', async () => {
  const server = new FakeServer();
  const { client } = tab(server);
  const news: string[] = [];
  client.news.on((_c, _s, m, live) => news.push(`${m.text}:${live}`));
  server.say('c_1', '1');
  await client.start();
  await moment();
  await Promise.all([client.open('c_1'), moment()]);
  server.say('c_1', '2');
  await moment();
  server.cut();
  server.say('c_1', '3');
  await moment(20);
  server.say('c_1', '4');
  await moment();
  expect(news).toEqual(['2:true', '3:false', '4:true']);
});

test('a conversation that is gone is forgotten', async () => {
  const server = new FakeServer();
  const { client } = tab(server);
  server.say('c_1', '1');
  await client.start();
  await moment();
  await Promise.all([client.open('c_1'), moment()]);
  server.log.delete('c_1');
  server.cut();
  await moment(20);
  expect(texts(client)).toEqual([]);
});

test('IndexedDB keeps rows between openings, and scopes do not mix', async () => {
  vi.useRealTimers();
  vi.stubGlobal('indexedDB', new IDBFactory());
  const row = { id: '1', key: '1', conversation: null, text: 'x', attachments: [], at: 1, tried: false, failed: null };
  const mine = await openRows('v:1');
  await mine.put(row);
  expect(mine.durable).toBe(true);
  expect(await (await openRows('v:1')).all()).toEqual([row]);
  expect(await (await openRows('v:2')).all()).toEqual([]);
  await mine.remove('1');
  expect(await mine.all()).toEqual([]);
  vi.unstubAllGlobals();
  expect((await openRows('v:1')).durable).toBe(false);
});

test('a row with files of a reactive list is kept like any other', async () => {
  vi.useRealTimers();
  vi.stubGlobal('indexedDB', new IDBFactory());
  const server = new FakeServer();
  const { client } = tab(server, new FakeBrowser(), await openRows('v:1'));
  const file = new Proxy({ id: 'at_1', name: 'a.png', type: 'image/png', size: 1 }, {});
  client.outbox.add({ conversation: 'c_1', text: 'a', attachments: [file] });
  await client.outbox.settled();
  expect(client.outbox.durable).toBe(true);
  expect((await (await openRows('v:1')).all()).map((r) => r.attachments)).toEqual([[{ ...file }]]);
  vi.unstubAllGlobals();
});

test('words that have not left yet can be taken back, those that may have arrived cannot', async () => {
  const server = new FakeServer();
  const { client } = tab(server);
  const one = client.outbox.add({ conversation: 'c_1', text: 'a' });
  await client.outbox.settled();
  client.outbox.remove(one.id);
  expect(client.outbox.list()).toEqual([]);
  await client.start();
  await moment();
  server.mute.add('message.send');
  const two = client.outbox.add({ conversation: 'c_1', text: 'b' });
  await moment(20);
  client.outbox.remove(two.id);
  expect(client.outbox.list().map((r) => r.text)).toEqual(['b']);
  client.stop();
});

test('keys are UUIDv7 and sort as they were made', () => {
  const keys = Array.from({ length: 5000 }, () => newKey(1_700_000_000_000));
  expect(keys.every((k) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(k))).toBe(true);
  expect([...keys].sort()).toEqual(keys);
  expect(new Set(keys).size).toBe(5000);
});
