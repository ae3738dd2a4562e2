// The REST calls of the Help Centre's authors: docs/protocol.md, articles, manuscripts and what readers did with them.
import { call, q, type List, type Side } from '../api';

const id = encodeURIComponent;

export type DraftState = 'writing' | 'review' | 'scheduled';
export const states = ['writing', 'review', 'scheduled', 'withdrawn'] as const;
export type State = (typeof states)[number];

/** An article in its authors' list, without its text. */
export interface Row {
  id: string;
  topic: string;
  locale: string;
  slug: string;
  title: string;
  summary: string;
  section: string;
  sides: Side[] | null;
  tags: string[] | null;
  popular?: number;
  url: string;
  updated_at: string;
  /** The number of what readers see; 0: nothing. */
  version: number;
  /** How many versions there were. */
  numbers: number;
  draft: DraftState | '';
  /** Since when this translation does not say what its original does. */
  stale?: string;
}

/** All of an article that each of its versions keeps. */
export interface Content {
  /** Left out or empty: made from the title. */
  slug: string;
  title: string;
  summary: string;
  body: string;
  section: string;
  sides: Side[];
  readers: Side[];
  tags: string[];
  related: string[];
  popular: number;
}
type Sent<T> = { [K in keyof T]?: T[K] | null };

export interface Draft extends Sent<Content> {
  state: DraftState;
  /** The version that it was begun from: over a later one it is not published. */
  base: number;
  /** Of a translation: the original's version that it says. */
  basis?: number;
  by: string;
  saved_at: string;
  /** Who saves over another save than the one they read is refused. */
  save: number;
  due?: string;
  note?: string;
}

export interface Manuscript extends Sent<Content> {
  id: string;
  topic: string;
  locale: string;
  version: number;
  numbers: number;
  basis?: number;
  published_at?: string;
  updated_at: string;
  draft?: Draft;
  stale?: string;
}

export interface VersionRow {
  number: number;
  title: string;
  /** Nobody: an import. */
  by?: string;
  at: string;
  restored?: number;
  until?: string;
}
export const listManuscripts = () => call<List<Row>>('GET', '/v1/manuscripts');
export const getManuscript = (m: string) => call<Manuscript>('GET', `/v1/manuscripts/${id(m)}`);
/** A translation when it names its topic. 409 `conflict` on `locale` when the topic has the language. */
export const beginArticle = (body: Partial<Content> & { title: string; body: string; locale: string; topic?: string }) => call<Manuscript>('POST', '/v1/manuscripts', body);
/** 409 `conflict` on `save` when somebody else has saved since. */
export const saveDraft = (m: string, body: Content & { save: number; base: number; basis?: number }, signal?: AbortSignal) => call<Draft>('PUT', `/v1/manuscripts/${id(m)}/draft`, body, signal);
/** What was never published is gone with it. */
export const discardDraft = (m: string) => call<void>('DELETE', `/v1/manuscripts/${id(m)}/draft`);
export const askReview = (m: string, note: string) => call<Manuscript>('POST', `/v1/manuscripts/${id(m)}/review`, { note });
/** To its author, or off the schedule. */
export const sendBack = (m: string, note: string) => call<Manuscript>('POST', `/v1/manuscripts/${id(m)}/return`, { note });
export const schedule = (m: string, at: string) => call<Manuscript>('POST', `/v1/manuscripts/${id(m)}/schedule`, { at });
/** 409 `conflict` on `save`, `base` or `slug`. */
export const publish = (m: string, save: number) => call<Manuscript>('POST', `/v1/manuscripts/${id(m)}/publish`, { save });
export const withdraw = (m: string) => call<Manuscript>('POST', `/v1/manuscripts/${id(m)}/withdraw`, {});
export const listVersions = (m: string) => call<List<VersionRow>>('GET', `/v1/manuscripts/${id(m)}/versions`);
export const restore = (m: string, number: number) => call<Manuscript>('POST', `/v1/manuscripts/${id(m)}/versions/${number}/restore`, {});

// ── what it looks like, what changed, what belongs to it ──

export interface Part {
  op: 'same' | 'in' | 'out';
  text: string;
}
export interface Block {
  kind: 'same' | 'changed' | 'added' | 'removed';
  parts: Part[];
}
export interface Difference {
  changes: number;
  words: number;
  blocks: Block[];
}
/** Of titles, summaries and texts; from 0: from nothing. */
export const getDifference = (m: string, from: number, to: number | 'draft', signal?: AbortSignal) => call<Difference>('GET', q(`/v1/manuscripts/${id(m)}/difference`, { from, to }), undefined, signal);
/** What readers get: sanitised. */
export const preview = (body: { title: string; summary: string; body: string; as: 'page' | 'widget' }, signal?: AbortSignal) => call<{ html: string }>('POST', '/v1/articles/preview', body, signal);

export interface ArticleFile {
  id: string;
  name: string;
  type: string;
  size: number;
  url: string;
}
export const listFiles = (m: string) => call<List<ArticleFile>>('GET', `/v1/manuscripts/${id(m)}/files`);
export const addFile = (m: string, file: File) => {
  const form = new FormData();
  form.append('file', file, file.name);
  return call<ArticleFile>('POST', `/v1/manuscripts/${id(m)}/files`, form);
};
export const removeFile = (m: string, file: string) => call<void>('DELETE', `/v1/manuscripts/${id(m)}/files/${id(file)}`);

export interface Shelf {
  kind: 'section' | 'category';
  key: string;
  parent?: string;
  names: Record<string, string>;
  sides?: Side[] | null;
  position: number;
}
export const listShelves = () => call<{ items: Shelf[] }>('GET', '/v1/shelves');

// ── whether it helps ──

/** Of one article: how often it was opened, how many said whether it helped, and after how many nobody wrote to us. */
export interface Told {
  told: number;
  solved: number;
}
export interface Help extends Told {
  opened: number;
  quiet: number;
  versions: (Told & { number: number })[];
}
export const getHelp = (m: string) => call<Help>('GET', `/v1/manuscripts/${id(m)}/help?days=30`);
export interface Helps extends Told {
  id: string;
}
export const listHelp = (from: Date, to: Date) => call<{ articles: Helps[] | null }>('GET', q('/v1/reports/deflection', { from: from.toISOString(), to: to.toISOString() }));

// The rows' search in what readers see goes the readers' own way.
export const searchTexts = (words: string, locale: string, signal?: AbortSignal) => call<{ items: { id: string }[] }>('GET', q('/v1/articles/search', { q: words, locale, limit: 20 }), undefined, signal);
