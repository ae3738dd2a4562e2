// An article as its fields hold it, and back. Pure.
import type { Content, Draft, Manuscript } from './api';

/** All that is typed; words that customers use are one line of it. */
export interface Form extends Omit<Content, 'tags'> {
  tags: string;
}
type Read = Draft | Manuscript | { [K in keyof Content]?: Content[K] | null };

export const contentOf = (of: Read): Content => ({
  slug: of.slug ?? '', title: of.title ?? '', summary: of.summary ?? '', body: of.body ?? '', section: of.section ?? '', sides: [...(of.sides ?? [])], readers: [...(of.readers ?? [])],
  tags: [...(of.tags ?? [])], related: [...(of.related ?? [])], popular: of.popular ?? 0,
});
export const formOf = (c: Content): Form => ({ ...c, sides: [...c.sides], readers: [...c.readers], related: [...c.related], tags: c.tags.join(', ') });
export const typedOf = (f: Form): Content => ({
  ...f, title: f.title.trim(), summary: f.summary.trim(), section: f.section.trim(), slug: f.slug.trim(), sides: [...f.sides], readers: [...f.readers], related: [...f.related], popular: Number(f.popular) || 0,
  tags: [...new Set(f.tags.split(/[,;\n]/).map((t) => t.trim()).filter(Boolean))],
});
export const blank = (section = ''): Content => ({ slug: '', title: '', summary: '', body: '', section, sides: [], readers: [], tags: [], related: [], popular: 0 });

/** Whether two say the same; an empty slug is the one that the title makes. */
export const alike = (a: Content, b: Content): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
const sorted = (c: Content) => [c.slug, c.title, c.summary, c.body, c.section, [...c.sides].sort(), [...c.readers].sort(), c.tags, c.related, c.popular];
/** The fields in which they differ. */
export const apart = (a: Content, b: Content): (keyof Content)[] => (Object.keys(a) as (keyof Content)[]).filter((k) => JSON.stringify(a[k]) !== JSON.stringify(b[k]));
