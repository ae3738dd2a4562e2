// What readers looked for, what the Help Centre is worth, and what it is arranged by: the calls, and what the screens
// make of the answers. Pure but for the calls.
import { call, q, type Side } from '../api';
import type { Content, Shelf } from './api';

// ── questions without an answer ──

export interface Answer {
  text: string;
  author: string;
  at: string;
  /** What the customer gave, 0 to 10. */
  score: number | null;
  conversation: string;
}
export interface Question {
  text: string;
  side: Side | '';
  locale: string;
  count: number;
  conversations: number;
  nearest: { id: string; title: string; url: string } | null;
  /** Of the nearest, 0 to 1. */
  score: number;
  answers: Answer[];
}
export interface Questions {
  days: number;
  /** Searches for what no article answers. */
  searches: number;
  /** How many different ones; items may be fewer. */
  questions: number;
  items: Question[];
}
export const listQuestions = (locale = '', signal?: AbortSignal) => call<Questions>('GET', q('/v1/questions', { locale, limit: 100 }), undefined, signal);

const capital = (s: string) => s.charAt(0).toLocaleUpperCase() + s.slice(1);

/** What an article about a question begins with: its title, and the answers that were given. */
export function draftOf(question: Question): Partial<Content> & { locale: string } {
  const body = question.answers.map((a) => a.text.trim()).filter(Boolean).join('\n\n');
  return { locale: question.locale, title: capital(question.text.trim()).slice(0, 200), body, sides: question.side ? [question.side] : [] };
}
/** One question among the others. */
export const keyOf = (question: Question) => `${question.locale} ${question.side} ${question.text}`;
/** Whether every answer was praised. */
export const praised = (answers: readonly Answer[]) => answers.length > 0 && answers.every((a) => (a.score ?? 0) >= 9);

// ── what it is worth ──

export interface People {
  people: number;
  contacted: number;
}
export interface Counts {
  offered: number;
  opened: number;
  solved: number;
  unsolved: number;
}
export interface ArticleWorth {
  id: string;
  title: string;
  opened: number;
  told: number;
  solved: number;
  quiet: number;
  watched: number;
  flag: '' | 'worse' | 'version';
}
export interface Worth {
  from: string;
  to: string;
  shown: People & { opened: number; solved: number; quiet: number; unsolved: number };
  held: People;
  /** Below so many people in either group no difference is told. */
  least: number;
  difference: number | null;
  low: number | null;
  high: number | null;
  places: (Counts & { place: string })[] | null;
  bot: { answered: number; solved: number; unsolved: number; handed_over: number };
  articles: ArticleWorth[] | null;
}
interface Period {
  days: number;
  side: Side | '';
}
export const getWorth = (p: Period, signal?: AbortSignal) => call<Worth>('GET', q('/v1/reports/deflection', { ...p }), undefined, signal);
export const worthTable = (p: Period) => q('/v1/reports/deflection.csv', { ...p });

/** Of a hundred, to one place; null of nobody. */
export const percent = (n: number, of: number) => (of > 0 ? Math.round((1000 * n) / of) / 10 : null);

/** Of fewer who said anything no share is told. */
export const leastTold = 30;

export type Verdict = 'nobody' | 'few' | 'helps' | 'unsure' | 'harms';
/** What the difference says: only an interval that keeps off 0 says anything. */
export function verdictOf(w: Pick<Worth, 'held' | 'difference' | 'low' | 'high'>): Verdict {
  if (w.held.people === 0) return 'nobody';
  if (w.difference === null || w.low === null || w.high === null) return 'few';
  return w.low > 0 ? 'helps' : w.high < 0 ? 'harms' : 'unsure';
}

/** Where shares stand on an axis that holds all of them and 0: from 0 to 1. */
export function axisOf(low: number, high: number): { from: number; to: number; at: (v: number) => number } {
  const room = Math.max(0.02, (Math.max(high, 0) - Math.min(low, 0)) * 0.12);
  const [from, to] = [Math.min(low, 0) - room, Math.max(high, 0) + room];
  return { from, to, at: (v) => (v - from) / (to - from) };
}

/** What should be looked at first, then what is read most. */
export const byNeed = (all: readonly ArticleWorth[]) => [...all].sort((a, b) => Number(b.flag !== '') - Number(a.flag !== '') || b.opened - a.opened || a.id.localeCompare(b.id));

// ── shelves ──

export type Kind = Shelf['kind'];
/** Shelf as it is edited; one that is not kept yet stands here because articles name it. */
export interface Place {
  kind: Kind;
  key: string;
  parent: string;
  names: Record<string, string>;
  sides: Side[];
}
export const saveShelf = (s: Place & { position: number }) =>
  call<Shelf>('PUT', `/v1/shelves/${s.kind}/${encodeURIComponent(s.key)}`, { names: s.names, position: s.position, ...(s.kind === 'section' ? { parent: s.parent } : { sides: s.sides }) });
export const removeShelf = (kind: Kind, key: string) => call<void>('DELETE', `/v1/shelves/${kind}/${encodeURIComponent(key)}`);

const placeOf = (s: Shelf): Place => ({ kind: s.kind, key: s.key, parent: s.parent ?? '', names: { ...s.names }, sides: [...(s.sides ?? [])] });
const empty = (kind: Kind, key: string): Place => ({ kind, key, parent: '', names: {}, sides: [] });

/** All places of a kind in their order; what articles or sections name and nobody has arranged is last. */
export function placesOf(kind: Kind, shelves: readonly Shelf[], used: readonly string[]): Place[] {
  const kept = shelves.filter((s) => s.kind === kind).sort((a, b) => a.position - b.position || a.key.localeCompare(b.key));
  const loose = [...new Set(used)].filter((key) => key && !kept.some((s) => s.key === key)).sort((a, b) => a.localeCompare(b));
  return [...kept.map(placeOf), ...loose.map((key) => empty(kind, key))];
}
/** One of them a place up or down. */
export function moved<T>(all: readonly T[], n: number, by: -1 | 1): T[] {
  const to = n + by;
  if (to < 0 || to >= all.length) return [...all];
  const out = [...all];
  [out[n], out[to]] = [all[to] as T, all[n] as T];
  return out;
}

const filled = (names: Record<string, string>) => Object.fromEntries(Object.entries(names).map(([l, n]) => [l, n.trim()] as const).filter(([, n]) => n).sort(([a], [b]) => a.localeCompare(b)));
const said = (p: Place) => JSON.stringify([p.parent, filled(p.names), [...p.sides].sort()]);

/** What has to be saved so that the shelves of a kind are as they were edited. Where the order is another, all of them have a place anew. */
export function changesOf(kind: Kind, shelves: readonly Shelf[], after: readonly Place[]): { put: (Place & { position: number })[]; remove: string[] } {
  const before = placesOf(kind, shelves, []);
  const remove = before.filter((b) => !after.some((a) => a.key === b.key)).map((b) => b.key);
  const stays = before.filter((b) => !remove.includes(b.key)).map((b) => b.key);
  const kept = (key: string) => shelves.find((s) => s.kind === kind && s.key === key);
  const bare = (a: Place) => !kept(a.key) && said(a) === said(empty(kind, a.key));
  // What is loose and says nothing stands where it falls, unless something stands below it.
  const last = after.reduce((n, a, i) => (bare(a) ? n : i), -1);
  const order = after.slice(0, last + 1).map((a) => a.key);
  const same = order.slice(0, stays.length).every((key, i) => key === stays[i]);
  const top = Math.max(0, ...shelves.filter((s) => s.kind === kind).map((s) => s.position));
  const put: (Place & { position: number })[] = [];
  after.slice(0, last + 1).forEach((a, i) => {
    const old = kept(a.key);
    const position = !same ? i + 1 : old ? old.position : top + 1 + i - stays.length;
    if (old && old.position === position && said(placeOf(old)) === said(a)) return;
    put.push({ ...a, names: filled(a.names), position });
  });
  return { put, remove };
}

// ── word lists ──

export interface WordList {
  locale: string;
  synonyms: string[][];
  stop: string[];
}
export const getWords = (locale: string, signal?: AbortSignal) => call<WordList>('GET', `/v1/words/${encodeURIComponent(locale)}`, undefined, signal);
export const saveWords = ({ locale, synonyms, stop }: WordList) => call<WordList>('PUT', `/v1/words/${encodeURIComponent(locale)}`, { synonyms, stop });

const distinct = (words: string[]) => [...new Set(words.map((w) => w.trim().replace(/\s+/g, ' ')).filter(Boolean))];
export const printSets = (sets: readonly string[][]) => sets.map((s) => s.join(', ')).join('\n');
/** A set a line; `lonely` are the lines, from 1, with one word only. */
export function readSets(text: string): { sets: string[][]; lonely: number[] } {
  const lines = text.split('\n').map((l) => distinct(l.split(',')));
  return { sets: lines.filter((l) => l.length > 1), lonely: lines.flatMap((l, i) => (l.length === 1 ? [i + 1] : [])) };
}
/** Words by lines, commas or spaces: a stop word has none of them. */
export const readWords = (text: string) => distinct(text.split(/[\s,]+/));

// ── links ──

export interface LinkFault {
  article: string;
  title: string;
  url: string;
  line: number;
  link: string;
  fault: string;
  detail?: string;
}
export interface Links {
  checked_at: string;
  articles: number;
  outside: number;
  broken: number;
  items: LinkFault[];
  more: number;
}
export const getLinks = () => call<Links>('GET', '/v1/links');
export const checkLinks = () => call<Links>('POST', '/v1/links/check', {});
/** By article, in the order of its lines; the articles as they come. */
export function byArticle(items: readonly LinkFault[]): { article: string; title: string; faults: LinkFault[] }[] {
  const by = new Map<string, { article: string; title: string; faults: LinkFault[] }>();
  for (const f of items) {
    const group = by.get(f.article) ?? { article: f.article, title: f.title, faults: [] };
    group.faults.push(f);
    by.set(f.article, group);
  }
  return [...by.values()].map((g) => ({ ...g, faults: g.faults.sort((a, b) => a.line - b.line) }));
}

/** The screens beside the articles, by the last part of their address. */
export const screens = ['questions', 'worth', 'shelves', 'words', 'links'] as const;
export type Screen = (typeof screens)[number];

