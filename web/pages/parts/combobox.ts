// Search as somebody types: a list under the field, as a combobox (ARIA Authoring Practices). What comes late never
// stands in the place of what was asked for after it, and nothing that was found is ever read as HTML.
import { icon, make, marked, report } from './suggest';

interface Hit {
  id: string;
  title: string;
  heading?: string;
  snippet: string;
  url: string;
  lang?: string;
  side?: string;
  letter?: string;
  name?: string;
}

/** What the page says around the list. */
interface Texts {
  locale: string;
  words: string;
  none: string;
  foot: string;
  write: string;
  list: string;
  clear: string;
}

const rest = 120;
const letters = 3;
/** How long a list is looked at before it counts as offered. */
const looked = 1500;
/** Where an article's page reads what its reader had looked for. */
export const askedKey = 'centrala-asked';

export function combobox(form: HTMLFormElement, input: HTMLInputElement, t: Texts): void {
  const list = make('div', { id: 'found', role: 'listbox', ariaLabel: t.list });
  const none = make('p', { className: 'empty', role: 'status', textContent: t.none });
  const write = make('a', { className: 'link', textContent: t.write });
  const foot = make('div', { className: 'foot' }, make('span', { textContent: t.foot }), write);
  const drop = make('div', { className: 'drop' });
  const clear = make('button', { type: 'button', className: 'go', ariaLabel: t.clear, hidden: true }, icon('x'));
  let hits: Hit[] = [];
  let at = -1;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let seen: ReturnType<typeof setTimeout> | undefined;
  let under: AbortController | undefined;

  input.setAttribute('role', 'combobox');
  input.setAttribute('aria-autocomplete', 'list');
  input.setAttribute('aria-controls', list.id);
  input.setAttribute('aria-expanded', 'false');
  form.querySelector('.go')?.replaceWith(clear); // Enter searches; without scripts there is a button for it
  clear.hidden = input.value === '';

  function open(on: boolean): void {
    if (on) form.append(drop);
    else drop.remove();
    input.setAttribute('aria-expanded', String(on && hits.length > 0));
    if (!on) choose(-1);
  }
  function choose(i: number): void {
    at = i;
    [...list.children].forEach((o, n) => o.setAttribute('aria-selected', String(n === i)));
    list.children[i]?.scrollIntoView({ block: 'nearest' });
    if (i < 0) input.removeAttribute('aria-activedescendant');
    else input.setAttribute('aria-activedescendant', `found-${i}`);
  }
  function follow(hit: Hit): void {
    const q = input.value.trim().slice(0, 300);
    const body = new URLSearchParams({ kind: 'opened', place: 'help', article: hit.id, q, locale: t.locale });
    void fetch('/help/feedback', { method: 'POST', body, keepalive: true }).catch(() => undefined); // counted or not, the reader goes on
    sessionStorage.setItem(askedKey, q);
    location.href = hit.url;
  }
  function option(hit: Hit, i: number, query: string): HTMLElement {
    const says = make('p');
    if (hit.heading) says.append(marked(make('i'), hit.heading, query), ' · ');
    const o = make('div', { id: `found-${i}`, role: 'option', lang: hit.lang ?? '' }, icon('book'), marked(make('b'), hit.title, query), marked(says, hit.snippet, query));
    if (!hit.lang) o.removeAttribute('lang');
    o.setAttribute('aria-selected', 'false');
    if (hit.side) {
      const side = make('span', { className: 'side', role: 'img', ariaLabel: hit.name ?? '', textContent: hit.letter ?? '' });
      side.dataset.side = hit.side;
      o.append(side);
    }
    o.addEventListener('click', () => follow(hit));
    return o;
  }
  function show(items: Hit[], query: string): void {
    hits = items;
    clearTimeout(seen);
    write.href = `/contact?${new URLSearchParams({ lang: t.words, text: query })}`;
    list.replaceChildren(...items.map((hit, i) => option(hit, i, query)));
    drop.replaceChildren(items.length > 0 ? list : none, foot);
    choose(-1);
    open(true);
    if (items.length > 0) seen = setTimeout(() => drop.isConnected && report('offered', 'help', items.map((h) => h.id), { q: query, locale: t.locale }), looked);
  }
  function forget(): void {
    clearTimeout(timer);
    clearTimeout(seen);
    under?.abort();
    hits = [];
    open(false);
  }
  function ask(): void {
    clearTimeout(timer);
    under?.abort();
    clear.hidden = input.value === '';
    const q = input.value.trim().slice(0, 300);
    if ((q.match(/[\p{L}\d]/gu)?.length ?? 0) < letters) return forget();
    timer = setTimeout(() => {
      const mine = (under = new AbortController());
      fetch(`/help/search?${new URLSearchParams({ q, lang: t.locale })}`, { signal: mine.signal, headers: { Accept: 'application/json' } })
        .then((r) => (r.ok ? (r.json() as Promise<{ items: Hit[] }>) : Promise.reject(new Error(String(r.status)))))
        .then(({ items }) => mine === under && show(items, q))
        .catch(() => mine === under && !mine.signal.aborted && forget()); // Enter still searches
    }, rest);
  }

  input.addEventListener('input', ask);
  input.addEventListener('focus', () => hits.length > 0 && open(true));
  clear.addEventListener('click', () => {
    input.value = '';
    ask();
    input.focus();
  });
  form.addEventListener('focusout', (e) => {
    if (!form.contains(e.relatedTarget as Node | null)) setTimeout(() => form.contains(document.activeElement) || open(false), 150);
  });
  form.addEventListener('keydown', (e) => {
    if (e.key !== 'Escape') return;
    if (drop.isConnected) e.preventDefault(); // the first press closes the list, the next one empties the field
    open(false);
    input.focus();
  });
  input.addEventListener('keydown', (e) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step && hits.length > 0) {
      e.preventDefault();
      open(true);
      choose((at + step + hits.length + (at < 0 && step < 0 ? 1 : 0)) % hits.length);
    }
    const chosen = hits[at];
    if (e.key === 'Enter' && chosen) {
      e.preventDefault();
      follow(chosen);
    }
  });
}
