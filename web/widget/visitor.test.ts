import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Visitor } from './visitor';

const jwt = (claims: object) => `h.${btoa(JSON.stringify(claims))}.s`;
let kept: Map<string, string>;
let asked: { body: Record<string, unknown>; bearer: string | undefined }[];
let answer: { status: number; body: object };
let stored: (event: { key: string }) => void;

beforeEach(() => {
  kept = new Map();
  asked = [];
  answer = { status: 201, body: { token: 't1', contact: {} } };
  vi.stubGlobal('localStorage', { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => kept.set(k, v) });
  vi.stubGlobal('addEventListener', (_: string, f: typeof stored) => (stored = f));
  vi.stubGlobal('fetch', (_: string, init: { body: string; headers: Record<string, string> }) => {
    asked.push({ body: JSON.parse(init.body), bearer: init.headers.Authorization });
    return Promise.resolve(new Response(JSON.stringify(answer.body), { status: answer.status }));
  });
});
afterEach(() => void vi.unstubAllGlobals());

test('a token is asked for once and kept for the next page', async () => {
  const v = new Visitor('web', 'pl');
  await v.obtain(null);
  await v.obtain(null);
  await new Visitor('web', 'pl').obtain(null);
  expect(asked).toEqual([{ body: { inbox: 'web', locale: 'pl' }, bearer: undefined }]);
  expect(new Visitor('web', 'pl').token).toBe('t1');
});

test('somebody who is already talking is identified with the old token as bearer, once per subject', async () => {
  const v = new Visitor('web', 'pl');
  await v.obtain(null);
  answer.body = { token: 't2' };
  await v.obtain(jwt({ sub: 'u1', exp: 1 }));
  await v.obtain(jwt({ sub: 'u1', exp: 2 }));
  expect(asked.map((a) => a.bearer)).toEqual([undefined, 'Bearer t1']);
  expect(v.token).toBe('t2');
});

test('a bad identity is an error, and the token there was stays', async () => {
  const v = new Visitor('web', 'pl');
  await v.obtain(null);
  answer = { status: 401, body: { code: 'unauthorized', title: 'bad signature' } };
  await expect(v.obtain(jwt({ sub: 'u1' }))).rejects.toMatchObject({ status: 401, code: 'unauthorized' });
  expect(asked.slice(1).every((a) => a.body.identity !== undefined), 'never asked without the identity').toBe(true);
  expect(v.token).toBe('t1');
});

test('of two tokens the later issued counts, whichever tab it came to', async () => {
  const v = new Visitor('web', 'pl');
  v.rotated(jwt({ iat: 10 }));
  const other = (iat: number) => {
    kept.set('centrala-visitor:web', JSON.stringify({ token: jwt({ iat }), sub: null }));
    stored({ key: 'centrala-visitor:web' });
  };
  other(5);
  expect(v.token).toBe(jwt({ iat: 10 }));
  other(11);
  expect(v.token).toBe(jwt({ iat: 11 }));
});
