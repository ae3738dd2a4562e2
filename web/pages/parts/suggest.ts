// Articles that may already answer, asked for while somebody types: after 120 ms of rest, from three letters,
// stale answers thrown away. When the index does not answer there are none: suggestions never stand in the way.
export interface Found {
  id: string;
  title: string;
  url: string;
  snippet: string;
}

const rest = 120;
const letters = 3;

/** Calls then with what is found for a text, each time typed is called and some rest follows. */
export function suggestions(locale: string, side: () => string | undefined, then: (found: Found[], text: string) => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let under: AbortController | undefined;
  return (text: string): void => {
    clearTimeout(timer);
    under?.abort();
    const q = text.trim().slice(0, 300);
    if ((q.match(/\p{L}/gu)?.length ?? 0) < letters) return then([], q);
    timer = setTimeout(() => {
      const mine = (under = new AbortController());
      const from = side();
      const query = new URLSearchParams({ q, locale, limit: '3', ...(from ? { side: from } : {}) });
      fetch(`/v1/articles/search?${query}`, { signal: mine.signal })
        .then((r) => (r.ok ? (r.json() as Promise<{ items: Found[] }>) : { items: [] }))
        .then(({ items }) => mine.signal.aborted || then(items, q)) // what was asked since is newer
        .catch(() => {
          if (!mine.signal.aborted) then([], q);
        });
    }, rest);
  };
}

type Kind = 'offered' | 'opened' | 'solved' | 'unsolved' | 'asked';

/** Records what became of articles, and with q what they were looked for. It is sent also when the page goes away. */
export function report(kind: Kind, place: 'form' | 'help', ids: string[], more: { q?: string; side?: string; locale?: string } = {}): void {
  const body = new URLSearchParams({ kind, place });
  for (const id of ids) body.append('article', id);
  for (const [k, v] of Object.entries(more)) if (v) body.append(k, v);
  void fetch('/help/feedback', { method: 'POST', body, keepalive: true }).catch(() => undefined); // counted or not, the reader goes on
}

/** report of articles alone. */
export const tell = (kind: Kind, place: 'form' | 'help', ...ids: string[]): void => report(kind, place, ids);

/** Puts a text into an element, with the words of a query marked by their beginnings. */
export function marked(into: HTMLElement, text: string, query: string): HTMLElement {
  const fold = (s: string) => s.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').replace(/ł/g, 'l');
  const wanted = (query.match(/[\p{L}\p{N}]{4,}/gu) ?? []).map((w) => fold(w).slice(0, Math.max(3, Math.ceil(w.length * 0.65))));
  for (const piece of text.split(/([\p{L}\p{N}]+)/u)) {
    const hit = piece.length > 2 && wanted.some((w) => fold(piece).startsWith(w));
    into.append(hit ? Object.assign(document.createElement('mark'), { textContent: piece }) : piece);
  }
  return into;
}

/** Makes an element. */
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, props: Partial<HTMLElementTagNameMap[K]> = {}, ...inside: (Node | string)[]): HTMLElementTagNameMap[K] {
  const e = Object.assign(document.createElement(tag), props);
  e.append(...inside);
  return e;
}

const paths = {
  book: 'M10 5.3C8.4 4.2 6.2 3.7 3 3.7v11.5c3.2 0 5.4.5 7 1.6 1.6-1.1 3.8-1.6 7-1.6V3.7c-3.2 0-5.4.5-7 1.6zM10 5.3v11.5',
  chevr: 'M7.8 5.5l4.5 4.5-4.5 4.5',
  check: 'M4.5 10.5l3.6 3.6 7.4-8',
  x: 'M5.2 5.2l9.6 9.6M14.8 5.2l-9.6 9.6',
};

/** Makes one of the house's signs. */
export function icon(name: keyof typeof paths, small = false): SVGElement {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  const attributes = { class: small ? 'i m' : 'i', viewBox: '0 0 20 20', fill: 'none', stroke: 'currentColor', 'stroke-width': '1.5', 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true' };
  for (const [k, v] of Object.entries(attributes)) svg.setAttribute(k, v);
  const path = document.createElementNS(ns, 'path');
  path.setAttribute('d', paths[name]);
  svg.append(path);
  return svg;
}
