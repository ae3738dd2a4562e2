// The widget as a value: what is on the screen, and what each touch of it does. Components only show it.
import type { Article, Bot, Contact, Queue, Side, Survey, Talk } from '../protocol';
import { Client, Problem, Refused, OthersTyping, OwnTyping, keepDrafts, ownStorage, socketURL } from '../wire';
import type { Status } from '../wire';
import type { Locale, Translate } from '../words';
import type { ToApp, ToHost } from './bridge';
import type { Config } from './config';
import { Files } from './files.svelte';
import { linesOf } from './lines';
import type { Line } from './lines';
import type { Offers } from './offers.svelte';
import { Reading } from './reading';
import { Suggest } from './suggest.svelte';
import { queueRange } from './text';
import { Visitor } from './visitor';
import type words from './words/pl.json';

export type T = Translate<keyof typeof words>;
/** Why nobody can talk, when so: the token no longer holds, the identity is bad, the page may not. */
export type Blocked = 'expired' | 'bad' | 'identity' | 'origin' | null;
type Screen = 'welcome' | 'talk';
type Opened = Pick<Article, 'id' | 'title' | 'url'>;

const patience = 120_000; // of waiting, after which an address is asked for
const storage = ownStorage();

export class App {
  screen = $state<Screen>('welcome');
  status = $state.raw<Status>({ phase: 'idle', cause: 'none', reason: '', lostAt: null, retryAt: null, offline: false });
  blocked = $state<Blocked>(null);
  me = $state.raw<Contact | null>(null);
  talk = $state.raw<Talk | null>(null);
  lines = $state.raw<Line[]>([]);
  hasOlder = $state(false);
  typing = $state.raw<string[]>([]);
  online = $state<boolean | null>(null);
  eta = $state.raw<number[] | null>(null);
  side = $state<Side | null>(null);
  sideSkipped = $state(false);
  draft = $state('');
  slower = $state(false);
  queueAt = $state(0);
  askMail = $state<'asked' | 'due' | 'done' | null>(null);
  mail = $state('');
  survey = $state.raw<Survey | null>(null);
  /** What the answer bot asks. */
  bot = $state.raw<Bot | null>(null);
  surveyLine = $state<{ score: number; state: 'sending' | 'kept' | 'done' | 'gone' } | null>(null);
  unread = $state(0);
  sound = $state(storage?.getItem('centrala-sound') === '1');
  /** The article that is read in the window. */
  article = $state.raw<Opened | null>(null);
  /** Articles under what was sent; loaded with the first conversation. */
  offers = $state.raw<Offers | null>(null);
  shown = $state(window.parent === window);
  now = $state(Date.now());

  readonly name: string;
  readonly locale: Locale;
  readonly client: Client;
  readonly visitor: Visitor;
  readonly files: Files;
  readonly suggest: Suggest;
  readonly reading: Reading;

  #offering: Promise<Offers> | null = null;
  readonly #drafts;
  readonly #own: OwnTyping;
  readonly #others = new OthersTyping((names) => (this.typing = names));
  #identity: string | null = null;
  #mailDismissed = false;
  #mailTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly config: Config,
    readonly t: T,
  ) {
    this.locale = config.locale;
    this.name = config.name ?? t('name', { brand: config.brand });
    this.visitor = new Visitor(config.inbox, config.locale);
    const scope = `visitor:${config.inbox}`;
    this.#drafts = keepDrafts(scope);
    this.client = new Client({ url: socketURL(), scope, token: () => this.visitor.token });
    this.files = new Files(() => this.visitor.headers());
    this.suggest = new Suggest(this.client, () => ({ locale: this.locale, side: this.side, conversation: this.talk?.id ?? null, headers: this.visitor.headers() }));
    this.#own = new OwnTyping((on) => this.talk && this.client.send({ type: 'typing', conversation: this.talk.id, on }));
    this.reading = new Reading(this.client, () => this.#watching());
    this.draft = this.#drafts.get('');
    const side = storage?.getItem(`centrala-side:${config.inbox}`);
    if (side === 'buyer' || side === 'seller' || side === 'advertiser') this.side = side;
    this.#listen();
  }

  /** Begins: a token if there is none, then the socket. Tried again by itself while the network is away. */
  async start(identity: string | null): Promise<void> {
    this.#identity = identity;
    void this.client.outbox.start().then(() => this.#unsent());
    await this.#connect(() => this.visitor.obtain(identity));
  }

  /** The host's page says who is there, now or later. */
  async identify(identity: string | null): Promise<void> {
    if (identity === null || identity === this.#identity) return;
    this.#identity = identity;
    await this.#connect(() => this.visitor.obtain(identity));
  }

  /** The person chose to begin anew after the token stopped to hold. */
  async startAnew(): Promise<void> {
    this.blocked = null;
    this.#forget();
    await this.#connect(() => this.visitor.renew(this.#identity));
  }

  fromHost(message: ToApp): void {
    if (message.centrala === 'init') void this.identify(message.identity);
    if (message.centrala === 'shown') {
      this.shown = message.on;
      this.reading.look();
    }
  }

  toHost(message: ToHost): void {
    if (window.parent !== window) window.parent.postMessage(message, '*'); // carries nothing secret; frame-ancestors says who
  }

  close(): void {
    this.toHost({ centrala: 'close' });
  }

  write(text: string): void {
    this.draft = text;
    this.#drafts.set('', text);
    if (this.screen === 'talk') this.#own.changed(text);
    else this.suggest.changed(text);
  }

  /** Sends what is written and attached. False: there is nothing to send, or the side is still to be chosen. */
  send(): boolean {
    const text = this.draft.trim();
    const attachments = this.files.done();
    if (text === '' && attachments.length === 0) return false;
    if (this.screen === 'welcome') this.#tellSide();
    if (this.screen === 'welcome' && this.talk?.status === 'resolved') this.talk = null; // a new matter, not the old one
    const open = this.talk && this.client.outbox.list(null).length === 0 ? this.talk.id : null;
    this.offers?.goesOn();
    this.client.outbox.add({ conversation: open, text, attachments });
    this.files.clear();
    this.write('');
    this.suggest.clear();
    this.screen = 'talk';
    this.#refresh();
    return true;
  }

  pickSide(side: Side): void {
    this.side = side;
    this.sideSkipped = false;
    storage?.setItem(`centrala-side:${this.config.inbox}`, side);
    this.suggest.changed(this.draft);
    if (this.talk) this.#tellSide();
  }

  /** Opens an article in the window. */
  read(event: MouseEvent, article: Opened, conversation: string | null = null): void {
    this.suggest.tell(article.id, 'opened', conversation);
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.article = article;
  }

  get needsSide(): boolean {
    return this.config.sides && !this.me?.verified && (!this.talk || this.talk.status === 'resolved');
  }

  /** Asks for the address to answer to. Rejects when the server refuses it. */
  async setMail(email: string): Promise<void> {
    await this.client.request({ type: 'contact.set', email: email.trim() });
    this.mail = email.trim();
    this.askMail = 'done';
  }

  dismissMail(): void {
    this.#mailDismissed = true;
    this.askMail = null;
  }

  async answer(score: number, comment: string): Promise<void> {
    const survey = this.survey;
    if (!survey) return;
    this.surveyLine = { score, state: 'sending' };
    storage?.setItem(`centrala-answer:${survey.survey}`, JSON.stringify({ score, comment }));
    try {
      await this.client.request({ type: 'survey.answer', survey: survey.survey, score, ...(comment.trim() ? { comment: comment.trim() } : {}) });
      storage?.removeItem(`centrala-answer:${survey.survey}`);
      this.surveyLine = { score, state: 'done' };
    } catch (err) {
      const gone = err instanceof Refused && !err.frame.retry;
      if (gone) storage?.removeItem(`centrala-answer:${survey.survey}`);
      this.surveyLine = { score, state: gone ? 'gone' : 'kept' }; // kept: sent when the connection is back
    }
  }

  async end(): Promise<void> {
    if (this.talk) await this.client.request({ type: 'conversation.end', conversation: this.talk.id });
  }

  async older(): Promise<void> {
    if (this.talk) await this.client.older(this.talk.id);
  }

  toggleSound(): void {
    this.sound = !this.sound;
    storage?.setItem('centrala-sound', this.sound ? '1' : '0');
    if (this.sound) this.#knock();
  }

  /** The browser itself says that there is no network. */
  get offlineNow(): boolean {
    return this.status.phase !== 'live' && !navigator.onLine;
  }

  /** Whether the person is looking at the conversation right now. */
  #watching(): boolean {
    const focused = window.parent !== window || document.hasFocus(); // beside the host's page the focus may be there
    return this.shown && this.screen === 'talk' && !document.hidden && focused;
  }

  async #connect(token: () => Promise<void>, attempt = 0): Promise<void> {
    try {
      await token();
      this.client.connection.stop();
      this.client.connection.start();
    } catch (err) {
      if (err instanceof Problem && err.status >= 400 && err.status < 500 && err.status !== 429) {
        this.blocked = err.status === 403 ? 'origin' : 'identity';
        return;
      }
      const now = Date.now();
      this.status = { ...this.status, phase: 'down', cause: 'network', lostAt: this.status.lostAt ?? now };
      await new Promise((again) => setTimeout(again, Math.min(30_000, 1000 * 2 ** attempt) * (0.5 + Math.random() / 2)));
      return this.#connect(token, attempt + 1);
    }
  }

  #listen(): void {
    const { client } = this;
    client.connection.changes.on((status) => this.#connection(status));
    client.outbox.changes.on(() => this.#refresh());
    client.timelines.on((id) => id === this.talk?.id && this.#refresh());
    client.on('welcome', (f) => {
      if (f.token) this.visitor.rotated(f.token);
      this.#welcome(f.me as Contact, f.conversations as Talk[], f.surveys ?? [], f.online ?? false, f.eta_s ?? null);
      this.bot = ('bot' in f && f.bot) || null;
    });
    client.on('conversation', (f) => {
      if (this.talk?.id === f.id) this.#conversation({ ...this.talk, ...(f as Partial<Talk>) });
      else if (!f.gone && f.status !== undefined) void this.#adopt(f as Talk);
    });
    client.on('resumed', (f) => {
      if (f.conversation !== this.talk?.id) return;
      if (f.moved) void this.#adopt({ ...this.talk, id: f.moved });
      if (f.gone) this.#forget();
    });
    client.on('typing', (f) => {
      if (f.conversation === this.talk?.id && f.author.kind !== 'customer') this.#others.put(f.author.id ?? '', f.author.name ?? '', f.on);
    });
    client.on('survey', (f) => this.#ask(f));
    client.on('bot', (f) => (this.bot = f));
    client.on('bot.closed', (f) => {
      if (f.conversation === this.bot?.conversation) this.bot = null;
    });
    client.on('survey.closed', (f) => {
      if (f.survey === this.survey?.survey && !this.surveyLine) this.survey = null;
    });
    client.outbox.acked.on((row, ack) => {
      if (ack.conversation && ack.conversation !== this.talk?.id) void this.#adopt(blank(ack.conversation, this.online ?? true));
      this.#waitingSince(row.at);
      const id = ack.conversation;
      if (id && row.text.trim() !== '') void this.#helped((offers) => void offers.ask(id, row.text));
    });
    client.news.on((conversation, _seq, message, live) => {
      if (message.author.kind === 'customer') return;
      this.#others.put(message.author.id ?? '', '', false);
      if (conversation === this.talk?.id) this.reading.look();
      if (live && !message.system && this.sound && !this.#watching()) this.#knock();
    });
    this.reading.changes.on(() => this.#refresh());
    setInterval(() => (this.now = Date.now()), 20_000);
  }

  #connection(status: Status): void {
    this.status = status;
    if (status.phase !== 'live') this.#others.clear();
    if (status.phase !== 'stopped') return;
    if (status.cause === 'origin') this.blocked = 'origin';
    else if (status.reason === 'expired' && this.#identity !== null) void this.#connect(() => this.visitor.renew(this.#identity));
    else this.blocked = status.reason === 'expired' ? 'expired' : 'bad';
  }

  #welcome(me: Contact, talks: Talk[], surveys: Survey[], online: boolean, eta: number[] | null): void {
    this.me = me;
    this.online = online;
    this.eta = eta;
    this.blocked = null;
    if (me.email) this.mail = me.email;
    if (me.verified && me.side) {
      this.side = me.side;
      this.sideSkipped = true;
    }
    const open = talks.find((c) => c.status !== 'resolved') ?? talks[0];
    if (open) void this.#adopt(open);
    const survey = surveys[0];
    if (survey) this.#ask(survey);
    const kept = survey && storage?.getItem(`centrala-answer:${survey.survey}`);
    if (kept) {
      const { score, comment } = JSON.parse(kept) as { score: number; comment: string };
      void this.answer(score, comment);
    }
  }

  /** Shows a conversation: the one there is, or the one that has just begun. */
  async #adopt(talk: Talk): Promise<void> {
    const known = this.talk?.id === talk.id;
    this.#conversation(talk);
    if (this.client.outbox.list().length > 0 || talk.status !== 'resolved') this.screen = 'talk';
    if (talk.read) this.client.timeline(talk.id).markRead(talk.read.agent);
    this.reading.follow(talk.id, talk.read?.customer ?? 0);
    this.toHost({ centrala: 'talk', on: true });
    try {
      const timeline = await this.client.open(talk.id);
      if (!talk.read && !known) this.reading.follow(talk.id, timeline.held); // the server does not say: nothing is new
    } catch (err) {
      // Lost: the next welcome comes here again. Refused for the moment: so do we.
      if (err instanceof Refused && err.frame.retry) setTimeout(() => void this.#adopt(talk), err.frame.retry_after_ms ?? 5_000);
    }
    this.#refresh();
  }

  #conversation(talk: Talk): void {
    const before = this.talk?.queue?.position;
    this.slower = before !== undefined && (talk.queue?.position ?? 0) > before ? true : this.slower && talk.queue !== null;
    // Whoever answered stays at the top when the matter is closed.
    const who = this.talk?.id === talk.id && talk.status === 'resolved' ? (talk.assignee ?? this.talk.assignee) : talk.assignee;
    this.talk = { ...talk, assignee: who };
    this.queueAt = Date.now();
    if (talk.online !== undefined) this.online = talk.online;
    if (talk.status !== 'waiting') this.slower = false;
    void this.#helped((offers) => offers.follow());
    this.#waitingSince(talk.opened_at ? Date.parse(talk.opened_at) : null);
    this.#refresh();
  }

  /** Does something with the articles under what was sent; without them when they do not come. */
  async #helped(then: (offers: Offers) => void): Promise<void> {
    this.#offering ??= import('./offers.svelte').then(({ Offers }) => {
      const name = `centrala-offers:${this.config.inbox}`;
      return (this.offers = new Offers(this.client, { storage, name, talk: () => this.talk, tell: (...told) => this.suggest.tell(...told) }));
    });
    await this.#offering.then(then, () => (this.#offering = null));
  }

  /** What an earlier page could not send is shown at once, also when the server cannot be reached yet. */
  #unsent(): void {
    const rows = this.client.outbox.list();
    if (rows.length === 0 || this.talk) return;
    const id = rows.find((r) => r.conversation !== null)?.conversation;
    if (id) this.talk = { ...blank(id, true), status: 'open' };
    this.screen = 'talk';
    this.#refresh();
  }

  /** Plans the question for an address: at once when nobody is on the line, else after two minutes of waiting. */
  #waitingSince(at: number | null): void {
    clearTimeout(this.#mailTimer);
    if (this.mail !== '' || this.#mailDismissed || this.askMail === 'asked') return;
    if (this.talk?.status !== 'waiting') {
      if (this.askMail === 'due') this.askMail = null;
      return;
    }
    const left = this.online === false ? 0 : (at ?? Date.now()) + patience - Date.now();
    this.#mailTimer = setTimeout(() => (this.askMail = 'due'), Math.max(0, left));
  }

  #ask(survey: Survey): void {
    this.survey = survey;
    this.surveyLine = null;
    if (survey.conversation === this.talk?.id) this.screen = 'talk';
  }

  /** The conversation does not exist any more, or not for this visitor. */
  #forget(): void {
    this.talk = null;
    this.survey = null;
    this.screen = this.client.outbox.list().length > 0 ? 'talk' : 'welcome';
    this.toHost({ centrala: 'talk', on: false });
    this.#refresh();
  }

  #tellSide(): void {
    if (this.side === null || this.me?.side === this.side || !this.client.connection.live) return;
    const side = this.side;
    this.client.request({ type: 'contact.set', side }).then(
      () => (this.me = this.me && { ...this.me, side }),
      (err: unknown) => {
        // What the host has signed stays; anything else the agent can set.
        if (err instanceof Refused && err.frame.code === 'forbidden') this.side = this.me?.side ?? this.side;
      },
    );
  }

  #refresh(): void {
    const timeline = this.talk && this.client.timeline(this.talk.id);
    this.lines = linesOf(timeline?.list() ?? [], this.client.outbox.list(), (seq) => timeline?.progress(seq).state ?? 'sent');
    this.hasOlder = timeline?.hasOlder ?? false;
    this.unread = timeline ? this.reading.unread(timeline) : 0;
    this.#badge();
  }

  #badge(): void {
    const last = this.lines.findLast((l) => l.kind === 'theirs');
    const queue: Queue | null = this.talk?.status === 'waiting' ? this.talk.queue : null;
    const range = queue && queueRange(queue, this.t as Translate);
    this.toHost({
      centrala: 'badge',
      unread: this.unread,
      peek: this.unread > 0 && last?.kind === 'theirs' ? { name: last.name || this.name, text: last.text.slice(0, 200) } : null,
      queue: queue ? (range ? this.t('q.badge', { position: String(queue.position), range }) : this.t('q.say', { position: String(queue.position) })) : null,
    });
  }

  /** Two soft tones; only ever after the person has switched sound on. */
  #knock(): void {
    const audio = new AudioContext();
    const gain = audio.createGain();
    gain.connect(audio.destination);
    gain.gain.setValueAtTime(0.06, audio.currentTime);
    gain.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.4);
    for (const [hz, at] of [[660, 0], [880, 0.12]] as const) {
      const tone = audio.createOscillator();
      tone.frequency.value = hz;
      tone.connect(gain);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + 0.4);
    }
    setTimeout(() => void audio.close(), 800);
  }
}

function blank(id: string, online: boolean): Talk {
  return { id, status: 'waiting', assignee: null, team: null, queue: null, online };
}
