import { expect, it } from 'vitest';
import { beforehand, ladder, passes } from './probe';
import { providerOf } from './providers';

const step = (name: string, state: 'ok' | 'warn' | 'failed' | 'skipped' = 'ok') => ({ name, state, detail: name, took_ms: 3 });

it('what failed is on the rung it belongs to, and what comes behind it was not tried', () => {
  const rungs = ladder([step('imap.name'), step('imap.tls'), step('imap.login', 'failed'), step('smtp.certificate', 'failed'), step('dkim', 'skipped')]);
  expect(rungs.map((r) => `${r.name} ${r.state}`)).toEqual(['resolve ok', 'tls ok', 'login failed', 'folder skipped', 'smtp_tls failed', 'smtp_login skipped', 'dkim skipped']);
  expect(passes(rungs)).toBe(false);
  expect(passes(ladder([step('imap.name'), step('dkim', 'warn')]))).toBe(true);
  expect(passes(null)).toBe(false);
});
it('a consent that is missing is a login that failed', () => {
  expect(ladder([step('imap.name'), step('imap.tls'), step('oauth.consent', 'failed'), step('oauth.consent', 'failed')]).find((r) => r.name === 'login')?.state).toBe('failed');
});
it('what is arranged on connecting keeps nobody from connecting, a refused token does', () => {
  const found = beforehand([step('telegram.token'), step('telegram.webhook', 'failed')], 'later');
  expect(found.map((s) => `${s.name} ${s.state} ${s.detail}`)).toEqual(['telegram.token ok telegram.token', 'telegram.webhook skipped later']);
  expect(passes(found)).toBe(true);
  expect(passes(beforehand([step('token', 'failed'), step('webhook', 'failed')], 'later'))).toBe(false);
});
it('a provider is known by the domain alone', () => {
  expect(providerOf('zwroty@WP.pl')?.imap.host).toBe('imap.wp.pl');
  expect(providerOf('bok@outlook.com')?.login).toBe('microsoft');
  expect(providerOf('wp.pl@firma.example')).toBeUndefined();
  expect(providerOf('bez malpy')).toBeUndefined();
});
