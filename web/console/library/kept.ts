// What somebody is writing and no server has yet, in this browser: it outlives the tab and the lost line.
import { ownStorage } from '../../wire/drafts';
import type { Content } from './api';

export interface Kept {
  content: Content;
  /** Those of the draft it was written over. */
  save: number;
  base: number;
  basis: number;
  at: string;
}
type Box = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> & Partial<Pick<Storage, 'key' | 'length'>>;

export function keeper(agent: string, box: Box | null = ownStorage()) {
  const name = (article: string) => `centrala-article:${agent}:${article}`;
  return {
    get(article: string): Kept | null {
      try {
        const text = box?.getItem(name(article));
        const kept = text ? (JSON.parse(text) as Kept) : null;
        return kept && typeof kept.content?.body === 'string' && typeof kept.content.title === 'string' ? kept : null;
      } catch {
        return null; // another program's words under our name, or storage is forbidden
      }
    },
    /** The articles of which something is kept here, but for those not begun. */
    all(): string[] {
      const out: string[] = [];
      for (let n = 0; n < (box?.length ?? 0); n++) {
        const key = box?.key?.(n) ?? '';
        if (key.startsWith(name('')) && key !== name('new')) out.push(key.slice(name('').length));
      }
      return out;
    },
    /** Whether it is kept: a full or forbidden storage says no. */
    set(article: string, kept: Kept | null): boolean {
      try {
        if (kept) box?.setItem(name(article), JSON.stringify(kept));
        else box?.removeItem(name(article));
        return box !== null;
      } catch {
        return false;
      }
    },
  };
}
