// The authors' list: articles of one topic make a row, rows of one section a group. Pure.
import type { Side } from '../api';
import { states, type Row, type Shelf, type State, type Told } from './api';

/** How a topic stands in one language. */
export type Badge = 'current' | 'old' | 'draft' | 'withdrawn' | 'missing';
export interface Standing {
  locale: string;
  badge: Badge;
  /** Something is being written over what readers see. */
  pending: boolean;
  row?: Row;
}
export interface Topic {
  id: string;
  /** The article that the row shows: in the reader's language, or the original. */
  row: Row;
  rows: Row[];
  section: string;
  sides: Side[];
}
export interface Group {
  section: string;
  name: string;
  topics: Topic[];
}
export interface Wish {
  words: string;
  filter: 'all' | 'stale' | State;
  /** Articles whose texts hold the words, as far as the search has said. */
  found: ReadonlySet<string>;
}

/** In lower case and without diacritics, as words are compared. */
export const fold = (s: string) => s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/ł/g, 'l').replace(/ß/g, 'ss').replace(/ø/g, 'o');

/** The part of an address that a title makes, as the server makes it. */
export const slugOf = (title: string) => (fold(title).match(/[a-z0-9]+/g) ?? []).join('-').slice(0, 80).replace(/^-+|-+$/g, '');

export function badgeOf(row: Row | undefined): Badge {
  if (!row) return 'missing';
  if (row.version === 0) return row.numbers > 0 ? 'withdrawn' : 'draft';
  return row.stale ? 'old' : 'current';
}

/** The languages of the list: the reader's two first, others as often as they are used. */
export function languages(rows: Row[], own: readonly string[]): string[] {
  const n = new Map<string, number>();
  for (const r of rows) n.set(r.locale, (n.get(r.locale) ?? 0) + 1);
  const others = [...n.keys()].filter((l) => !own.includes(l)).sort((a, b) => (n.get(b) ?? 0) - (n.get(a) ?? 0) || a.localeCompare(b));
  return [...own, ...others];
}

export const standings = (topic: Topic, locales: readonly string[]): Standing[] =>
  locales.map((locale) => {
    const row = topic.rows.find((r) => r.locale === locale);
    return { locale, badge: badgeOf(row), pending: !!row && row.version > 0 && row.draft !== '', ...(row ? { row } : {}) };
  });

/** A row for each topic, shown in a language as far as it has it. */
export function topicsOf(rows: Row[], locale: string): Topic[] {
  const by = new Map<string, Row[]>();
  for (const r of rows) by.set(r.topic, [...(by.get(r.topic) ?? []), r]);
  return [...by].map(([id, all]) => {
    const original = all.find((r) => r.id === id);
    const row = all.find((r) => r.locale === locale) ?? original ?? (all[0] as Row);
    return { id, row, rows: all, section: (original ?? row).section, sides: (original ?? row).sides ?? [] };
  });
}

/** Whether an article is in a state: a draft over what readers see counts as one that is written. */
export function inState(r: Row, state: State): boolean {
  if (state === 'withdrawn') return r.version === 0 && r.numbers > 0;
  return r.draft === state && !(state === 'writing' && r.version === 0 && r.numbers > 0);
}
export const countState = (rows: Row[]) => Object.fromEntries(states.map((s) => [s, rows.filter((r) => inState(r, s)).length])) as Record<State, number>;
export const isStale = (t: Topic) => t.rows.some((r) => badgeOf(r) === 'old');

export function keeps(t: Topic, { words, filter, found }: Wish): boolean {
  if (filter === 'stale' && !isStale(t)) return false;
  if (filter !== 'all' && filter !== 'stale' && !t.rows.some((r) => inState(r, filter))) return false;
  const asked = fold(words).split(/\s+/).filter(Boolean);
  if (asked.length === 0) return true;
  if (t.rows.some((r) => found.has(r.id))) return true;
  const text = fold(t.rows.map((r) => [r.title, r.section, r.slug, ...(r.tags ?? [])].join(' ')).join(' '));
  return asked.every((w) => text.includes(w));
}

/** What a section is called in a language, in Polish where that has no name, or by its key. */
export function sectionName(key: string, shelves: readonly Shelf[], locale: string): string {
  const shelf = shelves.find((s) => s.kind === 'section' && s.key === key);
  return shelf?.names[locale] || shelf?.names.pl || key;
}

/** Sections in the order of their shelves, then by name; what stands in none is last. */
export function groupsOf(topics: Topic[], shelves: readonly Shelf[], locale: string): Group[] {
  const by = new Map<string, Topic[]>();
  for (const t of topics) {
    const group = by.get(t.section);
    if (group) group.push(t);
    else by.set(t.section, [t]);
  }
  const place = (key: string) => (key === '' ? Infinity : (shelves.find((s) => s.kind === 'section' && s.key === key)?.position ?? 1e9));
  const words = new Intl.Collator(locale);
  return [...by]
    .map(([section, list]) => ({ section, name: sectionName(section, shelves, locale), topics: list.sort((a, b) => words.compare(a.row.title, b.row.title)) }))
    .sort((a, b) => place(a.section) - place(b.section) || words.compare(a.name, b.name));
}

/** Fewer than this many have said anything: no share is told. */
export const enough = 30;
export type Figure = { share: number; n: number } | { n: number };
export function figureOf(told: Told | undefined): Figure | null {
  if (!told || told.told === 0) return null;
  return told.told < enough ? { n: told.told } : { share: Math.round((100 * told.solved) / told.told), n: told.told };
}

/** What was said of a topic in all its languages. */
export function toldOf(t: Topic, help: ReadonlyMap<string, Told>): Told {
  const all = t.rows.flatMap((r) => help.get(r.id) ?? []);
  return { told: all.reduce((n, x) => n + x.told, 0), solved: all.reduce((n, x) => n + x.solved, 0) };
}

/** How many whole days a translation is late. */
export const daysLate = (since: string, now: number) => Math.max(0, Math.floor((now - Date.parse(since)) / 86_400_000));
