// What the console itself can say about two contacts being one person, for somebody who was looked for by hand. Only the
// server knows what is proven: what is found here is a hint, called weak, and says so.
import type { Contact, Evidence } from '../api';

const plain = (s: string) => s.normalize('NFD').replace(/\p{M}/gu, '').replace(/ł/g, 'l').replace(/Ł/g, 'L').toLowerCase().trim();

/** The digits of a number as they are compared (identity.go, Digits); '' when it is none. */
export function digits(phone: string | undefined): string {
  let d = (phone ?? '').replace(/\D/g, '').replace(/^00/, '');
  if (d.length === 9) d = `48${d}`;
  return d.length < 7 || d.length > 15 ? '' : d;
}

export function compare(a: Contact, b: Contact): Evidence[] {
  const out: Evidence[] = [];
  const same = (x: string | undefined, y: string | undefined) => !!x && plain(x) === plain(y ?? '');
  if (a.external_id && b.external_id) out.push(a.external_id === b.external_id ? { kind: 'identity', strong: true } : { kind: 'other-identity', strong: true, against: true });
  if (same(a.email, b.email)) out.push({ kind: 'email', detail: a.email ?? '' });
  else if (a.email && b.email) out.push({ kind: 'other-email', against: true });
  if (digits(a.phone) !== '' && digits(a.phone) === digits(b.phone)) out.push({ kind: 'phone', detail: a.phone ?? '' });
  if (same(a.name, b.name)) out.push({ kind: 'name', detail: a.name });
  if (a.locale && a.locale === b.locale) out.push({ kind: 'locale', detail: a.locale });
  if (a.side && b.side && a.side !== b.side) out.push({ kind: 'other-side', against: true });
  if (a.doubted || b.doubted) out.push({ kind: 'doubted', strong: true, against: true });
  return out;
}

/** How strong the evidence for is, in one word. */
export const strength = (all: readonly Evidence[]) => (all.some((e) => e.strong && !e.against) ? 'strong' : all.some((e) => !e.against) ? 'weak' : 'none');
/** Whether something speaks against it for certain: then the server joins nobody. */
export const forbidden = (all: readonly Evidence[]) => all.some((e) => e.against && e.strong);
