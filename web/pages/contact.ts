// The form with scripts: what is typed stays in this tab until it is sent, articles that may already answer stand
// beside it, and a file that is too large is said before it is sent for nothing.
import { icon, make, marked, report, suggestions } from './parts/suggest';
import type { Found } from './parts/suggest';

const memory = 'centrala:contact';
const kept = ['text', 'subject', 'email', 'name', 'key'];

function recall(): Record<string, string> {
  try {
    return JSON.parse(sessionStorage.getItem(memory) ?? '{}') as Record<string, string>;
  } catch {
    return {}; // nothing may be kept here, or what is kept is not ours
  }
}
function keep(draft: Record<string, string> | null): boolean {
  try {
    if (draft) sessionStorage.setItem(memory, JSON.stringify(draft));
    else sessionStorage.removeItem(memory);
    return true;
  } catch {
    return false; // private windows may keep nothing: then nothing is promised
  }
}

if (document.querySelector('[data-sent]')) keep(null);
const form = document.querySelector<HTMLFormElement>('#f');
if (form) write(form);

function write(form: HTMLFormElement): void {
  const words = form.dataset;
  const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement | HTMLTextAreaElement;
  const side = () => form.querySelector<HTMLInputElement>('input[name=side]:checked')?.value ?? words.side;
  const text = field('text');

  // What was typed comes back, unless the page came with words of its own: then the server's are later.
  const draft = recall();
  if (text.value === '') {
    for (const name of kept) if (draft[name] && (field(name).value === '' || name === 'key')) field(name).value = draft[name];
    if (draft.side && !form.querySelector('input[name=side]:checked')) form.querySelector<HTMLInputElement>(`input[name=side][value="${CSS.escape(draft.side)}"]`)?.click();
  }
  const saved = make('p', { className: 'saved', role: 'status' });
  text.after(saved);
  form.addEventListener('input', () => {
    const now = Object.fromEntries(kept.map((name) => [name, field(name).value]));
    if (keep({ ...now, side: side() ?? '' }) && saved.textContent === '' && text.value.length > 40) saved.textContent = words.saved ?? '';
  });

  const before = document.querySelector<HTMLElement>('#before');
  if (before) answers(form, before, text, side);
  files(form);
  form.addEventListener('submit', () => form.querySelector('.send .btn')?.setAttribute('aria-busy', 'true'));
}

function answers(form: HTMLFormElement, before: HTMLElement, text: HTMLInputElement | HTMLTextAreaElement, side: () => string | undefined): void {
  const words = form.dataset;
  let last = '';
  let noted: ReturnType<typeof setTimeout> | undefined;
  let enough = false;
  let typed = Date.now();
  let settled = '';
  const context = () => ({ side: side() ?? '', locale: words.locale ?? '' });

  // Who leaves without sending had a question, if it is one: three words that stood for a while.
  form.addEventListener('submit', () => (settled = text.value.trim()));
  addEventListener('pagehide', () => {
    const q = text.value.trim().slice(0, 300);
    if (q === settled.slice(0, 300) || q.split(/\s+/).length < 3 || Date.now() - typed < 5_000) return;
    settled = q;
    report('asked', 'form', [], { q, ...context() });
  });

  const show = (found: Found[], query: string) => {
    if (enough) return;
    clearTimeout(noted);
    const ids = found.map((a) => a.id);
    if (ids.join() === last) return;
    last = ids.join();
    before.hidden = found.length === 0;
    const [best, ...others] = found;
    if (!best) return before.replaceChildren();
    const held = 'held' in words; // of the group that is shown none: the server counts it as that
    noted = setTimeout(() => report('offered', 'form', ids, context()), held ? 0 : 1500); // those that stayed long enough to be read
    if (held) return void (before.hidden = true);
    const link = (a: Found, ...inside: (Node | string)[]) => {
      const e = make('a', { href: a.url, target: '_blank', rel: 'noopener' }, ...inside);
      e.addEventListener('click', () => {
        settled = query;
        report('opened', 'form', [a.id], { q: query, ...context() });
      });
      return e;
    };
    const good = make('button', { type: 'button', className: 'btn soft', textContent: words.enough ?? '' });
    good.addEventListener('click', () => thank(best, found, query));
    const whole = link(best, words.whole ?? '');
    whole.className = 'btn outline';
    before.replaceChildren(
      make('h2', {}, icon('book', true), words.before ?? ''),
      make('div', { className: 'best' }, marked(make('h3'), best.title, query), marked(make('p'), best.snippet, query), make('div', { className: 'do' }, good, whole)),
      make('ul', { className: 'else' }, ...others.map((a) => make('li', {}, link(a, icon('book'), make('span', { textContent: a.title }), icon('chevr', true))))),
    );
  };
  const thank = (a: Found, found: Found[], query: string) => {
    report('solved', 'form', [a.id], context());
    enough = true;
    const undo = make('button', { type: 'button', className: 'btn outline', textContent: words.undo ?? '' });
    undo.addEventListener('click', () => {
      report('unsolved', 'form', [a.id], context());
      enough = false;
      last = '';
      show(found, query);
      text.focus();
    });
    before.replaceChildren(make('h2', {}, icon('check', true), words.glad ?? ''), make('p', {}, make('b', { textContent: a.title })), undo);
    undo.focus();
  };

  const ask = suggestions(words.locale ?? 'pl', side, show);
  text.addEventListener('input', () => {
    enough = false;
    typed = Date.now();
    ask(text.value);
  });
  form.addEventListener('change', (e) => {
    if ((e.target as HTMLInputElement).name === 'side') ask(text.value);
  });
  if (text.value.trim() !== '') ask(text.value);
}

function files(form: HTMLFormElement): void {
  const input = form.elements.namedItem('files') as HTMLInputElement;
  const wrong = document.querySelector<HTMLElement>('#w-files');
  const said = make('span', { className: 'said', ariaHidden: 'true' }); // the browser's own words may be in another language
  input.after(said);
  input.parentElement?.classList.add('own');
  const check = () => {
    const list = [...(input.files ?? [])];
    said.textContent = list.map((f) => f.name).join(', ') || (form.dataset.add ?? '');
    const fault = list.length > 5 ? form.dataset.many : list.some((f) => f.size > 20 * 1024 * 1024) ? form.dataset.large : '';
    input.setCustomValidity(fault ?? '');
    if (fault || list.length > 0) input.setAttribute('aria-invalid', String(!!fault));
    if (wrong && (fault || list.length > 0)) {
      wrong.textContent = fault ?? '';
      wrong.hidden = !fault;
    }
  };
  input.addEventListener('change', check);
  check();
}
