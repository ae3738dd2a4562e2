// The line test, as a ladder of steps.
import type { TestStep } from '../api';

export const planned = ['resolve', 'tls', 'login', 'folder', 'smtp_tls', 'smtp_login', 'dkim'];
const places: Record<string, string> = {
  'imap.name': 'resolve', 'imap.connect': 'resolve', 'imap.timeout': 'resolve', 'imap.settings': 'resolve', 'imap.tls': 'tls', 'imap.certificate': 'tls', imap: 'tls', 'imap.login': 'login', 'imap.folder': 'folder',
  'smtp.name': 'smtp_tls', 'smtp.connect': 'smtp_tls', 'smtp.timeout': 'smtp_tls', 'smtp.settings': 'smtp_tls', 'smtp.tls': 'smtp_tls', 'smtp.certificate': 'smtp_tls', smtp: 'smtp_tls', 'smtp.login': 'smtp_login', dkim: 'dkim',
};

/** Findings on the rungs they belong to; after one that failed the others of its server were not tried. */
export function ladder(found: TestStep[]): TestStep[] {
  const at = new Map<string, TestStep>();
  let smtp = false;
  for (const f of found) {
    smtp ||= f.name.startsWith('smtp') || f.name === 'dkim';
    const rung = f.name.startsWith('oauth') ? (smtp ? 'smtp_login' : 'login') : (places[f.name] ?? 'resolve');
    const before = at.get(rung);
    if (!before || before.state === 'ok') at.set(rung, { ...f, name: rung });
  }
  return planned.map((name) => at.get(name) ?? { name, state: 'skipped', detail: '', took_ms: 0 });
}
export const passes = (steps: TestStep[] | null) => steps !== null && steps.every((s) => s.state !== 'failed');

/** The last word of a finding's name, by which it is called: telegram.token is a token. */
export const rung = (name: string) => name.slice(name.lastIndexOf('.') + 1);

/** What is arranged with the vendor only once the channel is connected cannot keep it from being connected. */
export const beforehand = (steps: TestStep[], later: string): TestStep[] =>
  steps.map((s) => (s.state === 'failed' && ['webhook', 'hook', 'subscription'].includes(rung(s.name)) ? { ...s, state: 'skipped', detail: later } : s));
