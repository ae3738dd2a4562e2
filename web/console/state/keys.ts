// The keyboard map (its text is dialogs/Keys.svelte). Single letters work outside text fields only, and can be
// turned off; chords with Ctrl or Alt always work.
import type Conversation from '../Conversation.svelte';
import type List from '../List.svelte';
import * as acts from './acts';
import { app } from './app.svelte';
import type { Row } from './lists.svelte';

type Made<C> = C extends (...args: never[]) => infer R ? R : never;
export interface Around {
  list: Made<typeof List> | undefined;
  talk: Made<typeof Conversation> | undefined;
  open: Row | undefined;
}

const places: Record<string, string> = { m: 'mine', q: 'queue', t: 'team', w: 'mentions', o: 'snoozed', r: 'resolved', f: 'followups', d: 'desk' };
let goAt = 0;

const inText = (t: EventTarget | null) => t instanceof HTMLElement && (t.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(t.tagName));

/** The regions F6 walks through, in reading order. */
function nextRegion(back: boolean): void {
  const all = [...document.querySelectorAll<HTMLElement>('.rail .find, .rows [role="listbox"], main.sheet h1, .comp-text, .side-panel button')];
  const first = new Map<string, HTMLElement>();
  for (const el of all) {
    const region = el.closest('.rail') ? 'rail' : el.closest('.list') ? 'list' : el.closest('.comp') ? 'comp' : el.closest('main') ? 'main' : 'panel';
    if (!first.has(region) && el.offsetParent !== null) first.set(region, el);
  }
  const regions = [...first.values()];
  const now = regions.findIndex((r) => r === document.activeElement || (r.closest('.rail, .list, .comp, .side-panel')?.contains(document.activeElement) ?? false));
  regions[(now + (back ? -1 : 1) + regions.length) % regions.length]?.focus();
}

export function shortcuts(e: KeyboardEvent, { list, talk, open }: Around): void {
  if (e.defaultPrevented || e.isComposing) return;
  const key = e.key;
  if ((e.ctrlKey || e.metaKey) && key.toLowerCase() === 'k') {
    e.preventDefault();
    app.dialog = app.dialog === 'palette' ? null : 'palette';
    return;
  }
  if (app.dialog && app.dialog !== 'snooze') return;
  if (e.altKey && /^Digit[1-3]$/.test(e.code) && talk) {
    e.preventDefault();
    talk.hint(Number(e.code.slice(5)) - 1, e.shiftKey);
    return;
  }
  if (key === 'F6') {
    e.preventDefault();
    return nextRegion(e.shiftKey);
  }
  if (e.ctrlKey || e.metaKey || e.altKey || inText(e.target)) return;
  if (key === 'Escape') {
    if (talk?.escape()) return;
    return void list?.focus();
  }
  if (!app.letters) return;
  const act = letter(e, { list, talk, open });
  if (!act) return;
  e.preventDefault();
  act();
}

function letter(e: KeyboardEvent, { list, talk, open }: Around): (() => void) | null {
  const key = e.key.toLowerCase();
  if (Date.now() - goAt < 1500) {
    goAt = 0;
    const to = places[key];
    return to ? () => app.go(to) : null;
  }
  if (e.shiftKey) {
    if (key === 'd') return () => app.toggleDensity();
    if (key === 'l') return () => app.toggleTheme();
    if (key === 'c' && open) return () => void acts.complain(open.id, !open.complaint);
  }
  switch (e.key) {
    case '?':
      return () => (app.dialog = 'keys');
    case 'g':
      return () => (goAt = Date.now());
    case '/':
      return () => app.go('search');
    case 'n':
      return () => void acts.takeNext();
    case 'j':
      return () => list?.step(1);
    case 'k':
      return () => list?.step(-1);
    case 'z':
      return app.toast?.undo ? () => app.undo() : null;
  }
  if (!open || !talk) return null;
  switch (e.key) {
    case 'r':
      return () => talk.write('reply');
    case 'p':
      return () => talk.write('note');
    case 'Enter':
      return document.activeElement?.tagName === 'H1' ? () => talk.write('reply') : null;
    case 'e':
      return () => (open.status === 'resolved' ? void acts.reopen(open.id, true) : (app.dialog = 'resolve'));
    case 'h':
      return open.status === 'resolved' ? null : () => (app.dialog = 'snooze');
    case 't':
      return () => (app.dialog = 'transfer');
    case 'a':
      return () => void acts.take(open.id);
    case '!':
      return () => void acts.prioritise(open.id, open.priority > 0 ? 0 : 1);
    case 'i':
      return () => talk.panel();
    case 'l':
      return () => document.querySelector<HTMLElement>('.side-panel .tag.add')?.click();
    case '+':
      return () => (app.dialog = 'articles');
  }
  return null;
}
