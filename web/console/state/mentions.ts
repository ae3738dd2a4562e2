// Mentions: colleagues whom a private note names as @Name. What counts is the text itself, so that a draft that
// comes back, a name typed by hand and a name that was deleted again all mean what they say.
import type { Mention } from '../../protocol';

/** The most that one note may mention. */
export const mostMentions = 20;

export interface Named {
  id: string;
  name: string;
  disabled?: boolean;
}

/** One character without its Polish mark, in lower case: as long as it was. */
const fold = (s: string) =>
  [...s].map((c) => c.normalize('NFD').replace(/\p{M}/gu, '').replace('ł', 'l').replace('Ł', 'L').toLowerCase().slice(0, c.length) || c).join('');

/** What is being typed after an @ before the caret: where the @ is, and the letters after it. */
export function typing(text: string, caret: number): { from: number; query: string } | null {
  const m = /(?:^|[\s([„"'])@((?:[\p{L}\p{N}.’'-]+ ?){0,3})$/u.exec(text.slice(0, caret));
  if (!m) return null;
  const query = m[1] ?? '';
  return query.length > 40 ? null : { from: caret - query.length - 1, query };
}

/** Colleagues for what was typed: each word begins a word of the name; those whose name begins with it come first. */
export function colleagues<A extends Named>(all: readonly A[], query: string, me: string | undefined, locale: string): A[] {
  const asked = fold(query).split(' ').filter(Boolean);
  const first = fold(query.trim());
  return all
    .filter((a) => !a.disabled && a.id !== me)
    .filter((a) => {
      const words = fold(a.name).split(/[\s-]+/);
      return asked.every((q) => words.some((w) => w.startsWith(q)));
    })
    .sort((a, b) => Number(!fold(a.name).startsWith(first)) - Number(!fold(b.name).startsWith(first)) || a.name.localeCompare(b.name, locale))
    .slice(0, 8);
}

/** What the list of names is open for: nothing once a whole name stands there, or several words that are nobody's. */
export function asked(text: string, caret: number, all: readonly Named[], me: string | undefined, locale: string): { from: number; query: string } | null {
  const at = typing(text, caret);
  if (!at?.query.includes(' ')) return at;
  const found = colleagues(all, at.query, me, locale);
  const whole = at.query.endsWith(' ') && found.some((a) => fold(a.name) === fold(at.query.trim()));
  return found.length > 0 && !whole ? at : null;
}

export interface Bit {
  text: string;
  /** Whom it names; empty for the words between. More than one when they share a name. */
  ids: string[];
}

/** A note in pieces: names after an @, the longest that fits, and the words between. */
export function bits(text: string, among: readonly Named[]): Bit[] {
  const out: Bit[] = [];
  const names = [...among].sort((a, b) => b.name.length - a.name.length);
  let done = 0;
  for (const m of text.matchAll(/@/g)) {
    const at = m.index;
    if (at < done || /[\p{L}\p{N}]$/u.test(text.slice(0, at))) continue; // an address, or inside a name
    const rest = text.slice(at + 1);
    const says = (n: Named) => n.name !== '' && fold(rest.slice(0, n.name.length)) === fold(n.name) && !/^[\p{L}\p{N}]/u.test(rest.slice(n.name.length));
    const name = names.find(says)?.name;
    if (name === undefined) continue;
    if (at > done) out.push({ text: text.slice(done, at), ids: [] });
    done = at + 1 + name.length;
    out.push({ text: text.slice(at, done), ids: names.filter((n) => fold(n.name) === fold(name)).map((n) => n.id) });
  }
  if (done < text.length) out.push({ text: text.slice(done), ids: [] });
  return out;
}

/** The ids of the colleagues whom a note names. Of several with one name those that were picked, or all. */
export function named(text: string, all: readonly Named[], me: string | undefined, picked: ReadonlySet<string>): string[] {
  const ids = new Set<string>();
  for (const bit of bits(text, all.filter((a) => !a.disabled && a.id !== me))) {
    const meant = bit.ids.filter((id) => picked.has(id));
    for (const id of meant.length > 0 ? meant : bit.ids) ids.add(id);
  }
  return [...ids];
}

/** Whether a note of the conversation waits for somebody to read it. */
export function waits(c: { mentions?: readonly Mention[] }, me: string | undefined): boolean {
  return c.mentions?.some((m) => m.agent === me && !m.read) ?? false;
}

/** The mentions after somebody has read up to a place. */
export function readUpto(mentions: readonly Mention[], me: string | undefined, upto: number): Mention[] {
  return mentions.map((m) => (m.agent === me && m.seq <= upto ? { ...m, read: true } : m));
}
