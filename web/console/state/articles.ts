// What of an article goes into an answer.
import type { Side } from '../../protocol';
import type { ArticleHit } from '../api';

interface Customer {
  side: Side | null;
  contact: { verified: boolean };
}

/** Whether the customer of a conversation can open the article: some are for one side alone, once it is proved. */
export function opens(a: Pick<ArticleHit, 'readers'>, c: Customer): boolean {
  return !a.readers?.length || (c.contact.verified && c.side !== null && a.readers.includes(c.side));
}

/** Its title and its address. */
export function linkOf(a: Pick<ArticleHit, 'title' | 'url'>, origin: string): string {
  return `${a.title}: ${new URL(a.url, origin).href}`;
}

/** What it says, its steps with their numbers; below it the address, for whoever can open it. */
export function textOf(a: Pick<ArticleHit, 'title' | 'url' | 'passage' | 'snippet'>, origin: string, link: boolean): string {
  const said = (a.passage ?? '').trim() || a.snippet;
  return link ? `${said}\n\n${linkOf(a, origin)}` : said;
}
