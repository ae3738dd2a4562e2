// The Help Centre with scripts: suggestions under the search field, where the reader is in a long article, a
// thank-you without a reload, and the chat in its own window. Without scripts each of them is a link or a form.
import { askedKey, combobox } from './parts/combobox';
import { make, marked, tell } from './parts/suggest';

const seek = document.querySelector<HTMLFormElement>('form.seek');
if (seek) {
  const { locale = 'pl', words = 'pl', none = '', foot = '', write = '', list = '', clear = '' } = seek.dataset;
  combobox(seek, seek.querySelector('input[type=search]') as HTMLInputElement, { locale, words, none, foot, write, list, clear });
}

// Why each was found: the words of the query, as under the field.
const asked = document.querySelector<HTMLInputElement>('.mini [name=q]')?.value ?? '';
for (const e of document.querySelectorAll<HTMLElement>('.hits [data-article] :is(b, i, small)')) {
  const text = e.textContent;
  e.textContent = '';
  marked(e, text, asked);
}

// What a search showed, and what of it was opened.
const shown = [...document.querySelectorAll<HTMLAnchorElement>('.hits [data-article]')];
if (shown.length > 0) tell('offered', 'help', ...shown.map((a) => a.dataset.article ?? ''));
for (const a of shown) a.addEventListener('click', () => tell('opened', 'help', a.dataset.article ?? ''));

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

// Whether it helped: yes stays on the page, no goes on to the form, as without scripts.
const helped = document.querySelector<HTMLFormElement>('form.tell');
if (helped) {
  const asked = helped.elements.namedItem('asked') as HTMLInputElement | null;
  if (asked && asked.value === '' && new URL(document.referrer || location.href).pathname.startsWith('/help')) asked.value = sessionStorage.getItem(askedKey) ?? '';
  sessionStorage.removeItem(askedKey);
  helped.addEventListener('submit', (e) => {
    if ((e.submitter as HTMLButtonElement | null)?.value !== 'solved') return;
    e.preventDefault();
    const body = new URLSearchParams({ kind: 'solved' });
    void fetch(helped.action, { method: 'POST', body, keepalive: true, headers: { Accept: 'application/json' } }).catch(() => undefined); // counted or not, the reader is thanked
    const thanks = make('b', { role: 'status', tabIndex: -1, textContent: helped.dataset.thanks ?? '' });
    helped.replaceChildren(thanks);
    thanks.focus();
  });
}

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
