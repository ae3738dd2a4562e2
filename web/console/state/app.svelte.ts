// What the whole console shares: who is signed in, the language, the theme, where one is, and the toast.
import * as api from '../api';
import { refusalText, type Refusal } from '../../refusal';
import { pickLocale, translator, type Blanks, type Locale, type Text } from '../../words';
import type pl from '../words/pl.json';

export type Key = keyof typeof pl;
export type Place = 'conversations' | 'search' | 'followups' | 'desk' | 'settings';
export type Dialog = null | 'resolve' | 'transfer' | 'snooze' | 'log' | 'palette' | 'articles' | 'keys' | 'subject' | 'template' | 'merge' | 'part';
type Room = 'channels' | 'people' | 'teams' | 'hours' | 'macros' | 'articles' | 'mail' | 'hooks' | 'audit' | 'keys';
/** As they are listed; the book of webhooks is reached from the other one. */
export const rooms: Exclude<Room, 'hooks'>[] = ['channels', 'people', 'teams', 'hours', 'macros', 'articles', 'mail', 'audit', 'keys'];
export type { Room };

export interface Toast {
  text: string;
  bad?: boolean;
  undo?: () => void;
}

const views: api.View[] = ['mine', 'queue', 'team', 'mentions', 'snoozed', 'resolved'];

/** What this browser remembers between visits; storage may be forbidden, then nothing is. */
function kept(key: string): string | null {
  try {
    return localStorage.getItem(`centrala.${key}`);
  } catch {
    return null;
  }
}
function keep(key: string, value: string): void {
  try {
    localStorage.setItem(`centrala.${key}`, value);
  } catch {
    return; // private windows forbid it: the choice lasts as long as the page
  }
}

class App {
  phase = $state<'loading' | 'signin' | 'ready' | 'unreachable'>('loading');
  me = $state.raw<api.Me | null>(null);
  locale = $state<Locale>('pl');
  theme = $state<'light' | 'dark' | ''>('');
  compact = $state(false);
  sound = $state(false);
  desktop = $state(false);
  /** Single-letter keys can be turned off (WCAG 2.1.4). */
  letters = $state(true);

  place = $state<Place>('conversations');
  view = $state<api.View>('mine');
  conversation = $state<string | null>(null);
  room = $state<Room>('channels');
  /** The address names no room: on a phone the list of rooms is what is shown. */
  foyer = $state(true);
  /** What the address names inside a room: an entry of the book. */
  item = $state<string | null>(null);
  /** And of that entry: the versions of an article. */
  aspect = $state<string | null>(null);
  dialog = $state<Dialog>(null);
  panel = $state(true);
  /** A composer is on the screen: the toast stands above it. */
  docked = $state(false);
  /** A settings form holds changes that are not saved: leaving asks once. */
  dirty = $state(false);
  private address = '';
  toast = $state.raw<Toast | null>(null);
  width = $state(innerWidth);

  private dictionary = $state.raw<Record<string, Text>>({});
  private toastTimer: ReturnType<typeof setTimeout> | undefined;

  readonly t = $derived(translator(this.dictionary, this.locale)) as (key: Key | (string & {}), blanks?: Blanks) => string;
  readonly agent = $derived(this.me?.agent ?? null);
  readonly leads = $derived(this.agent?.role === 'supervisor' || this.agent?.role === 'admin');
  readonly admin = $derived(this.agent?.role === 'admin');
  readonly thin = $derived(this.compact || this.place !== 'conversations' || this.width < 1080);
  readonly narrow = $derived(this.width < 820);

  /** Reads what the browser remembers, the language and the address; then who is signed in. */
  async start(): Promise<void> {
    addEventListener('resize', () => (this.width = innerWidth));
    this.compact = kept('density') === 'compact';
    this.theme = (kept('theme') as 'light' | 'dark' | null) ?? '';
    this.sound = kept('sound') === 'on';
    this.desktop = kept('desktop') === 'on';
    this.letters = kept('letters') !== 'off';
    this.panel = kept('panel') !== 'closed';
    this.paint();
    await this.speak((kept('locale') as Locale | null) ?? pickLocale(navigator.language));
    addEventListener('hashchange', () => this.readAddress());
    this.readAddress();
    await this.identify();
  }

  async identify(): Promise<void> {
    try {
      this.me = await api.getMe();
      if (!kept('locale') && this.me.agent.locale) await this.speak(pickLocale(this.me.agent.locale));
      this.phase = 'ready';
    } catch (err) {
      this.me = null;
      this.phase = err instanceof api.ApiError && err.problem.status === 401 ? 'signin' : 'unreachable';
    }
  }

  async speak(locale: Locale): Promise<void> {
    const words = locale === 'pl' ? await import('../words/pl.json') : await import('../words/en.json');
    this.dictionary = words.default;
    this.locale = locale;
    document.documentElement.lang = locale;
  }
  async choose(locale: Locale): Promise<void> {
    keep('locale', locale);
    await this.speak(locale);
    await api.patchMe({ locale }).catch(() => undefined); // kept here already; the server learns it next time
  }

  // ── where one is: #mine, #mine/c_…, #search, #settings/people ──

  private readAddress(): void {
    if (this.dirty && location.hash !== this.address && !confirm(this.t('settings.leave'))) {
      history.replaceState(null, '', this.address || '#');
      return;
    }
    this.address = location.hash;
    const [head = '', rest, item, aspect] = location.hash.slice(1).split('/');
    this.dialog = null;
    if (head === 'settings') {
      this.place = 'settings';
      this.room = rest === 'hooks' ? rest : (rooms.find((r) => r === rest) ?? 'channels');
      this.foyer = !rest;
      this.item = item ? decodeURIComponent(item) : null;
      this.aspect = aspect ?? null;
    } else if (head === 'search' || head === 'followups' || head === 'desk') {
      this.place = head;
    } else {
      this.place = 'conversations';
      this.view = views.find((v) => v === head) ?? 'mine';
      this.conversation = rest ? decodeURIComponent(rest) : null;
    }
  }
  go(hash: string): void {
    if (location.hash === `#${hash}`) this.readAddress();
    else location.hash = hash;
  }
  /** Another address for what is open already. */
  rename(hash: string): void {
    history.replaceState(null, '', `#${hash}`);
    this.address = location.hash;
    const [, , item, aspect] = hash.split('/');
    this.item = item ? decodeURIComponent(item) : null;
    this.aspect = aspect ?? null;
  }
  open(conversation: string | null, view: api.View = this.view): void {
    this.go(conversation ? `${view}/${encodeURIComponent(conversation)}` : view);
  }

  // ── looks and alerts ──

  private paint(): void {
    const root = document.documentElement;
    if (this.theme) root.dataset.theme = this.theme;
    else delete root.dataset.theme;
    root.dataset.density = this.compact ? 'compact' : '';
  }
  toggleDensity(): void {
    this.compact = !this.compact;
    if (this.compact === this.panel) this.togglePanel(); // compact begins with the panel closed
    keep('density', this.compact ? 'compact' : 'roomy');
    this.paint();
  }
  toggleTheme(): void {
    const dark = this.theme === 'dark' || (!this.theme && matchMedia('(prefers-color-scheme: dark)').matches);
    this.theme = dark ? 'light' : 'dark';
    keep('theme', this.theme);
    this.paint();
  }
  togglePanel(): void {
    this.panel = !this.panel;
    keep('panel', this.panel ? 'open' : 'closed');
  }
  toggleSound(): void {
    this.sound = !this.sound;
    keep('sound', this.sound ? 'on' : 'off');
  }
  toggleLetters(): void {
    this.letters = !this.letters;
    keep('letters', this.letters ? 'on' : 'off');
  }
  async toggleDesktop(): Promise<void> {
    if (!this.desktop && (!('Notification' in window) || (await Notification.requestPermission()) !== 'granted')) {
      this.say({ text: this.t('alerts.forbidden'), bad: true });
      return;
    }
    this.desktop = !this.desktop;
    keep('desktop', this.desktop ? 'on' : 'off');
  }

  /** One toast at a time: six seconds, an error until it is closed. */
  say(toast: Toast): void {
    clearTimeout(this.toastTimer);
    this.toast = toast;
    if (!toast.bad) this.toastTimer = setTimeout(() => (this.toast = null), 6000);
  }
  hush(): void {
    clearTimeout(this.toastTimer);
    this.toast = null;
  }
  undo(): void {
    const undo = this.toast?.undo;
    this.hush();
    undo?.();
  }
  /** Says in words why something was refused. */
  why(err: unknown): string {
    if (!(err instanceof api.ApiError)) return this.t('err.unknown');
    const p = err.problem;
    if (p.status === 0) return this.t('err.offline');
    if (p.status === 401) this.signedOut();
    return this.refusal({ ...p, words: p.detail || p.title });
  }
  refusal(r: Refusal): string {
    return refusalText((key) => key in this.dictionary, this.t, r);
  }
  fail(err: unknown): void {
    this.say({ text: this.why(err), bad: true });
  }
  signedOut(): void {
    this.me = null;
    this.phase = 'signin';
  }
}

export const app = new App();
