// From a refusal, of a socket's frame or of a REST call, to the sentence that a person reads. The server's own words
// are English and for programs; the texts are err.{code}.{field} and, for what no field is named for, err.{code}.
import type { Blanks } from './words';

export interface Refusal {
  code: string;
  field?: string | undefined;
  /** Of how long the server asks to wait. */
  retry_after_ms?: number | undefined;
  /** The server's own words. */
  words?: string | undefined;
}

/** Codes whose general sentence cannot say what is wrong: the server's words follow it. */
const vague = ['invalid', 'conflict'];

/** The text's key: that of the field, of the field's last part (contact.email, tags[2]), or of the code; null for a code without a text. */
export function refusalKey(known: (key: string) => boolean, { code, field }: Pick<Refusal, 'code' | 'field'>): string | null {
  const whole = (field ?? '').replace(/\[\d+\]/g, '');
  const names = [whole, whole.split('.').at(-1) ?? ''].filter(Boolean).map((f) => `err.${code}.${f}`);
  return [...names, `err.${code}`].find(known) ?? null;
}

/** The sentence. What nothing is known about is told in the server's words. */
export function refusalText(known: (key: string) => boolean, t: (key: string, blanks?: Blanks) => string, r: Refusal): string {
  const key = refusalKey(known, r);
  if (key === null) return r.words || t('err.unknown');
  const text = t(key, { n: Math.max(1, Math.ceil((r.retry_after_ms ?? 1000) / 1000)) });
  return vague.includes(r.code) && key === `err.${r.code}` && r.words ? `${text} (${r.words})` : text;
}
