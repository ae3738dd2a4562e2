import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ServerFrame } from '../protocol';
import { backoff, backoffCap } from './backoff';
import { Connection, Lost, Refused, times } from './connection';
import type { Status } from './connection';
import { FakePage, FakeServer } from './test/server';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setup(random = 0.5) {
  const server = new FakeServer();
  const page = new FakePage();
  const connection = new Connection({ url: 'ws://x', hello: () => ({ type: 'hello', token: 't' }), open: server.open, surroundings: page, random: () => random });
  const seen: Status[] = [];
  connection.changes.on((s) => seen.push(s));
  return { server, page, connection, seen };
}
const moment = () => vi.advanceTimersByTimeAsync(1);

test('says hello first and is live with the welcome', async () => {
  const { server, connection, seen } = setup();
  connection.start();
  await moment();
  expect(server.last.got[0]).toEqual({ type: 'hello', token: 't' });
  expect(seen.map((s) => s.phase)).toEqual(['connecting', 'live']);
});

test('backoff doubles its ceiling up to a limit and uses all of the room below', () => {
  expect([0, 1, 2, 3].map((n) => backoff(n, () => 0.999))).toEqual([499, 999, 1998, 3996]);
  expect(backoff(40, () => 0.5)).toBe(backoffCap / 2);
  expect(backoff(5, () => 0)).toBe(0);
});

test('an unreachable server is tried again and again, ever more rarely', async () => {
  const { server, connection } = setup(0.999);
  server.unreachable = true;
  connection.start();
  await vi.advanceTimersByTimeAsync(499 + 999 + 1998 + 3996 + 5);
  expect(server.peers.length).toBe(5);
  expect(connection.status).toMatchObject({ phase: 'down', cause: 'network' });
  server.unreachable = false;
  await vi.advanceTimersByTimeAsync(backoffCap);
  expect(connection.live).toBe(true);
});

test('waking tries at once, however long the wait would have been', async () => {
  const { server, page, connection } = setup(0.999);
  server.unreachable = true;
  connection.start();
  await vi.advanceTimersByTimeAsync(20_000);
  server.unreachable = false;
  page.wake();
  await moment();
  expect(connection.live).toBe(true);
});

test('an unanswered request is followed by a ping, and a silent peer is left after five seconds', async () => {
  const { server, connection } = setup(0);
  connection.start();
  await moment();
  server.mute.add('suggest').add('ping');
  const lost = expect(connection.request({ type: 'suggest', text: 'zwrot' })).rejects.toBeInstanceOf(Lost);
  await vi.advanceTimersByTimeAsync(times.answer - 1);
  expect(server.received('ping')).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(2);
  expect(server.received('ping')).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(times.pong - 10);
  expect(server.peers).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(20);
  await lost;
  expect(server.peers).toHaveLength(2);
  expect(connection.live).toBe(true);
});

test('pings each thirty seconds while the page is seen, and not while it is hidden', async () => {
  const { server, page, connection } = setup();
  connection.start();
  await vi.advanceTimersByTimeAsync(times.idle * 3 + 100);
  expect(server.received('ping')).toHaveLength(3);
  page.shown = false;
  await vi.advanceTimersByTimeAsync(times.idle);
  const before = server.received('ping').length;
  await vi.advanceTimersByTimeAsync(times.idle * 5);
  expect(server.received('ping').length).toBe(before);
  page.wake();
  await moment();
  expect(server.received('ping').length).toBe(before + 1);
});

test('a request is answered once, by its own answer or by a refusal', async () => {
  const { server, connection } = setup();
  connection.start();
  await moment();
  const good = connection.request({ type: 'history', conversation: 'c_1' });
  await moment();
  expect(await good).toMatchObject({ type: 'history', conversation: 'c_1' });
  server.refusals.push({ type: 'error', code: 'too_long', message: 'too long', retry: false });
  const bad = connection.request({ type: 'message.send', key: 'k', text: 'x' });
  const refused = expect(bad).rejects.toSatisfy((e: Refused) => e instanceof Refused && e.frame.code === 'too_long');
  await moment();
  await refused;
});

test.each([
  [1012, '{"retry_after_ms":2300}', 'restart', 2300],
  [4008, '', 'slow', 250],
  [4029, '', 'rate', times.rate + 250],
  [4000, '', 'rate', times.rate + 250],
  [1006, '', 'network', 250],
])('close %i %s comes back as %s after %i ms', async (code, reason, cause, wait) => {
  const { server, connection } = setup(0.5);
  connection.start();
  await moment();
  const at = Date.now();
  server.cut(code, reason);
  expect(connection.status).toMatchObject({ phase: 'down', cause, retryAt: at + wait, lostAt: at });
  await vi.advanceTimersByTimeAsync(wait - 2);
  expect(server.peers).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(5);
  expect(connection.live).toBe(true);
  expect(connection.status.lostAt).toBeNull();
});

test('being told to slow down is not cut short by waking', async () => {
  const { server, page, connection } = setup();
  connection.start();
  await moment();
  server.cut(4029);
  page.wake();
  await moment();
  expect(server.peers).toHaveLength(1);
});

test.each([[4001, 'revoked', 'token'], [4003, '', 'origin']])('close %i stops and says why', async (code, reason, cause) => {
  const { server, page, connection } = setup();
  connection.start();
  await moment();
  server.cut(code, reason);
  page.wake();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(server.peers).toHaveLength(1);
  expect(connection.status).toMatchObject({ phase: 'stopped', cause, reason });
  connection.start();
  await moment();
  expect(connection.live).toBe(true);
});

test('offline is shown at once and taken back by any sign of life', async () => {
  const { page, connection } = setup();
  connection.start();
  await moment();
  page.lost();
  expect(connection.status).toMatchObject({ offline: true, phase: 'live' });
  await moment();
  expect(connection.status.offline).toBe(false);
});

test('what is not a frame is ignored, unknown types reach the listeners', async () => {
  const { server, connection } = setup();
  const got: ServerFrame[] = [];
  connection.frames.on((f) => got.push(f));
  connection.start();
  await moment();
  const { socket } = server.last;
  for (const data of ['nonsense', '[1]', 'null', '3', new ArrayBuffer(2)]) socket.onmessage?.({ data });
  server.tell({ type: 'of.tomorrow' });
  await moment();
  expect(got.map((f) => f.type)).toEqual(['welcome', 'of.tomorrow']);
  expect(connection.live).toBe(true);
});

test('after a stable while the first wait is short again', async () => {
  const { server, connection } = setup(0.999);
  server.unreachable = true;
  connection.start();
  await vi.advanceTimersByTimeAsync(40_000);
  server.unreachable = false;
  await vi.advanceTimersByTimeAsync(backoffCap + times.stable);
  server.cut();
  expect(connection.status.retryAt! - Date.now()).toBe(499);
});
