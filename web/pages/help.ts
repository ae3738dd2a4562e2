// The Help Centre with scripts: suggestions under the search field, where the reader is in a long article, a
// thank-you without a reload, and the chat in its own window. Without scripts each of them is a link or a form.
import { icon, make, marked, suggestions, tell } from './parts/suggest';
import type { Found } from './parts/suggest';

const seek = document.querySelector<HTMLFormElement>('form.seek');
if (seek) search(seek, seek.querySelector('input[type=search]') as HTMLInputElement);

function search(form: HTMLFormElement, input: HTMLInputElement): void {
  const words = form.dataset;
  const list = make('div', { id: 'found', role: 'listbox', ariaLabel: words.list ?? '' });
  const write = make('a', { className: 'link', textContent: words.write ?? '' });
  const drop = make('div', { className: 'drop' }, list, make('div', { className: 'foot' }, make('span', { textContent: words.foot ?? '' }), write));
  let found: Found[] = [];
  let at = -1;

  input.setAttribute('role', 'combobox');
  input.setAttribute('aria-autocomplete', 'list');
  input.setAttribute('aria-controls', list.id);
  open(false);

  function open(on: boolean): void {
    if (on) form.append(drop);
    else drop.remove();
    input.setAttribute('aria-expanded', String(on));
    if (!on) choose(-1);
  }
  function choose(i: number): void {
    at = i;
    [...list.children].forEach((o, n) => o.setAttribute('aria-selected', String(n === i)));
    if (i < 0) input.removeAttribute('aria-activedescendant');
    else input.setAttribute('aria-activedescendant', `found-${i}`);
  }
  function follow(a: Found): void {
    tell('opened', 'help', [a.id]);
    location.href = a.url;
  }

  const ask = suggestions(words.locale ?? 'pl', () => undefined, (items, query) => {
    if (query !== input.value.trim().slice(0, 300)) return;
    found = items;
    write.href = `/contact?${new URLSearchParams({ lang: words.locale ?? 'pl', text: query })}`;
    list.replaceChildren(
      ...items.map((a, i) => {
        const option = make('div', { id: `found-${i}`, role: 'option' }, icon('book'), marked(make('b'), a.title, query), marked(make('p'), a.snippet, query));
        option.addEventListener('click', () => follow(a));
        return option;
      }),
    );
    open(items.length > 0);
    choose(-1);
  });
  input.addEventListener('input', () => ask(input.value));
  input.addEventListener('focus', () => open(found.length > 0 && input.value.trim() !== ''));
  form.addEventListener('focusout', (e) => {
    if (!form.contains(e.relatedTarget as Node | null)) setTimeout(() => form.contains(document.activeElement) || open(false), 150);
  });
  form.addEventListener('keydown', (e) => {
    if (e.key === 'Escape') {
      open(false);
      input.focus();
    }
  });
  input.addEventListener('keydown', (e) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step && found.length > 0) {
      e.preventDefault();
      open(true);
      choose((at + step + found.length + (at < 0 && step < 0 ? 1 : 0)) % found.length);
    }
    const chosen = found[at];
    if (e.key === 'Enter' && chosen) {
      e.preventDefault();
      follow(chosen);
    }
  });
}

// Why each was found: the words of the query, as under the field.
const asked = document.querySelector<HTMLInputElement>('.mini [name=q]')?.value ?? '';
for (const e of document.querySelectorAll<HTMLElement>('.hits b, .hits small')) {
  const text = e.textContent;
  e.textContent = '';
  marked(e, text, asked);
}

/** The heading that is being read, in the table of contents. */
const contents = [...document.querySelectorAll<HTMLAnchorElement>('.toc.l a')];
if (contents.length > 0) {
  const seen = new Set<string>();
  const watch = new IntersectionObserver(
    (entries) => {
      for (const e of entries) {
        if (e.isIntersecting) seen.add(e.target.id);
        else seen.delete(e.target.id);
      }
      const now = contents.find((a) => seen.has(a.hash.slice(1)));
      if (!now) return;
      for (const a of contents) {
        if (a === now) a.setAttribute('aria-current', 'true');
        else a.removeAttribute('aria-current');
      }
    },
    { rootMargin: '0px 0px -60% 0px' },
  );
  for (const a of contents) {
    const heading = document.getElementById(a.hash.slice(1));
    if (heading) watch.observe(heading);
  }
}

const helped = document.querySelector<HTMLFormElement>('form.tell');
helped?.addEventListener('submit', (e) => {
  e.preventDefault();
  const id = helped.elements.namedItem('article') as HTMLInputElement | null;
  if (id) tell('solved', 'help', [id.value]);
  const thanks = make('b', { role: 'status', tabIndex: -1, textContent: helped.dataset.thanks ?? '' });
  helped.replaceChildren(thanks);
  thanks.focus();
});

/** The chat opens beside the page instead of in its place. */
const chat = document.querySelector<HTMLAnchorElement>('a[data-chat]');
chat?.addEventListener('click', (e) => {
  if (e.ctrlKey || e.metaKey || e.shiftKey) return;
  e.preventDefault();
  const widget = () => (window as { centrala?: { open(): void } }).centrala;
  const there = widget();
  if (there) return there.open();
  const script = make('script', { src: '/widget.js', onerror: () => (location.href = chat.href) });
  script.dataset.inbox = chat.dataset.chat;
  script.dataset.locale = document.documentElement.lang;
  document.head.append(script);
  let tries = 0;
  const wait = setInterval(() => {
    const now = widget();
    if (now || ++tries > 60) clearInterval(wait);
    if (now) now.open();
    else if (tries > 60) location.href = chat.href;
  }, 50);
});
