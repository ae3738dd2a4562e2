// The live line as the screen sees it: wire's client with its state made reactive, and what only agents have
// (presence, viewers, counts of what is unread). Nothing here keeps words: timelines and outbox do.
import { Client, keepDrafts, OthersTyping, OwnTyping, Refused, socketURL } from '../../wire';
import type { Drafts, Item, Shown, Status } from '../../wire';
import type { Face, Presence } from '../../protocol';
import type * as api from '../api';
import { announce } from './alerts';
import { app } from './app.svelte';
import { lists } from './lists.svelte';
import { readUpto } from './mentions';
import { people } from './people.svelte';
import { outcomeText } from './reasons';

export interface Typing {
  name: string;
  agent: boolean;
}

/** What goes with words beside the words. */
export interface Extra {
  note?: boolean;
  mentions?: string[];
  attachments?: api.Attachment[];
  via?: string;
  answers?: number;
  template?: api.Template;
}

class Line {
  online = $state(true);
  /** The socket is open now; `online` forgives short breaks. */
  live = $state(false);
  /** When the connection went away, ms. */
  since = $state<number | null>(null);
  retryAt = $state<number | null>(null);
  cause = $state<Status['cause']>('none');
  /** What came while we were away: told once after the return. */
  returned = $state<number | null>(null);
  outbox = $state.raw<Shown[]>([]);
  durable = $state(true);
  me = $state<{ status: Presence; load: number; capacity: number }>({ status: 'offline', load: 0, capacity: 24 });

  /** Grows with every change of the timeline that is open. */
  private version = $state(0);
  private typing = $state.raw<Record<string, Typing | null>>({});
  private viewers = $state.raw<Record<string, Face[]>>({});
  private readonly ledgers = new Map<string, { state: string; at: string; reason?: string }[]>();
  private bounces = $state.raw<Record<string, string>>({});
  private client: Client | null = null;
  private drafts: Drafts | null = null;
  private readonly others = new Map<string, OthersTyping>();
  private readonly own = new Map<string, OwnTyping>();
  private recent: string[] = [];
  private offlineTimer: ReturnType<typeof setTimeout> | undefined;
  private missed = 0;
  private wishes: Presence | null = null;

  start(agent: api.Agent): void {
    this.stop();
    this.me = { status: agent.status ?? 'offline', load: agent.load ?? 0, capacity: agent.capacity };
    this.drafts = keepDrafts(`agent:${agent.id}`);
    const client = new Client({ url: socketURL(), scope: `agent:${agent.id}`, hello: () => ({ watch: { filter: {} } }) });
    this.client = client;
    client.connection.changes.on((s) => this.status(s));
    client.timelines.on((id) => {
      if (id === app.conversation) this.version++;
      this.bounce(id);
    });
    client.outbox.changes.on(() => {
      this.outbox = client.outbox.list();
      this.durable = client.outbox.durable;
    });
    client.outbox.acked.on((row, ack) => {
      if (ack.conversation && row.text) this.lastWords(ack.conversation, row.text, ack.seq ?? 0, ack.at, row.note ?? false);
    });
    client.on('welcome', (f) => {
      if (f.me && 'load' in f.me) this.me = { status: f.me.status ?? this.me.status, load: f.me.load ?? 0, capacity: f.me.capacity ?? this.me.capacity };
      for (const c of f.conversations) lists.put(c as api.Conversation);
      if (this.wishes) client.send({ type: 'presence.set', status: this.wishes });
      client.send({ type: 'view', conversation: app.conversation });
      if (this.missedSince) void lists.load();
      void lists.count();
    });
    client.on('conversation', (f) => lists.put(f as Partial<api.Conversation> & { id: string }));
    client.on('presence', (f) => {
      if (f.agent === agent.id) this.me = { status: f.status, load: f.load, capacity: f.capacity };
      people.presence(f);
    });
    client.on('viewers', (f) => {
      this.viewers = { ...this.viewers, [f.conversation]: f.agents.filter((a) => a.id !== agent.id) };
    });
    client.on('typing', (f) => this.othersOf(f.conversation, f.author.kind !== 'customer').put(f.author.id ?? '', f.author.name ?? '', f.on));
    client.on('delivery', (f) => {
      const key = `${f.conversation}:${f.seq}`;
      this.ledgers.set(key, [...(this.ledgers.get(key) ?? []), f]);
    });
    client.on('stale', () => void lists.load());
    client.news.on((conversation, _seq, message, live) => {
      if (message.note && live && message.mentions?.includes(agent.id)) announce(conversation, message);
      if (message.system || message.note || message.change) return;
      this.others.get(conversation)?.put(message.author.id ?? '', '', false);
      if (!live) this.missed++;
      if (message.author.kind === 'customer' && live) announce(conversation, message);
    });
    void client.start();
  }
  stop(): void {
    this.client?.stop();
    this.client = null;
    this.outbox = [];
    this.others.clear();
    this.own.clear();
  }

  private missedSince: number | null = null;

  private status(s: Status): void {
    clearTimeout(this.offlineTimer);
    this.cause = s.cause;
    this.live = s.phase === 'live';
    this.retryAt = s.retryAt;
    if (s.phase === 'live' && s.offline) {
      // The browser knows before the socket does.
      this.missedSince ??= Date.now();
      return this.cut(this.missedSince);
    }
    if (s.phase === 'live') {
      const away = this.missedSince !== null;
      const came = this.missed;
      this.missed = 0;
      this.missedSince = null;
      this.since = null;
      if (!this.online || (away && came > 0)) this.returned = came;
      this.online = true;
      // The replay follows the welcome: what it brings is told a moment later.
      if (away) setTimeout(() => this.tellReturn(), 600);
      return;
    }
    if (s.phase === 'stopped' && s.cause === 'token') return app.signedOut();
    if (s.phase === 'down' || s.phase === 'connecting') {
      this.missedSince ??= s.lostAt;
      if (this.online && s.lostAt !== null) {
        // Short breaks are not shown: five seconds, or at once when the browser knows there is no network.
        const wait = s.offline ? 0 : Math.max(0, s.lostAt + 5000 - Date.now());
        this.offlineTimer = setTimeout(() => this.cut(s.lostAt), wait);
      }
    }
    if (s.offline && s.phase !== 'idle') this.cut(s.lostAt ?? Date.now());
  }
  private cut(at: number | null): void {
    this.online = false;
    this.since ??= at ?? Date.now();
  }
  private tellReturn(): void {
    if (this.returned === null) return;
    const n = this.missed + this.returned;
    this.returned = null;
    this.missed = 0;
    app.say({ text: n > 0 ? app.t('net.back.new', { n }) : app.t('net.back') });
  }
  retryNow(): void {
    this.client?.connection.retryNow();
  }

  setPresence(status: Presence): void {
    this.me = { ...this.me, status };
    this.wishes = status;
    if (!this.client?.send({ type: 'presence.set', status })) app.say({ text: app.t('presence.later'), bad: true });
  }

  // ── one conversation ──

  /** Tells the server what is looked at and loads its newest entries. Rejects when they cannot be loaded. */
  async view(conversation: string | null): Promise<void> {
    this.client?.send({ type: 'view', conversation });
    if (!conversation || !this.client) return;
    this.recent = [conversation, ...this.recent.filter((c) => c !== conversation)].slice(0, 12);
    this.client.trim(this.recent);
    await this.client.open(conversation);
    const read = lists.peek(conversation)?.read;
    if (read) this.client.timeline(conversation).markRead(read.customer);
    this.version++;
  }
  /** Loads what is likely to be opened next. */
  prefetch(conversation: string): void {
    if (!this.client || this.recent.includes(conversation)) return;
    this.recent.push(conversation);
    this.client.open(conversation).catch(() => undefined); // opening it for real will say what is wrong
  }
  items(conversation: string): Item[] {
    void this.version;
    return this.client?.timeline(conversation).list() ?? [];
  }
  hasOlder(conversation: string): boolean {
    void this.version;
    return this.client?.timeline(conversation).hasOlder ?? false;
  }
  async older(conversation: string): Promise<void> {
    await this.client?.older(conversation);
  }
  progress(conversation: string, seq: number): { state: string; reason?: string; cause?: string } {
    void this.version;
    return this.client?.timeline(conversation).progress(seq) ?? { state: 'sent' };
  }
  /** What became of a message, step by step, as far as this page has been told. */
  ledger(conversation: string, seq: number): readonly { state: string; at: string; reason?: string }[] {
    void this.version;
    return this.ledgers.get(`${conversation}:${seq}`) ?? [];
  }
  read(conversation: string, upto: number): void {
    if (!this.client?.send({ type: 'read', conversation, upto })) return;
    const c = lists.peek(conversation);
    if (!c) return;
    const mentions = c.mentions ? { mentions: readUpto(c.mentions, app.agent?.id, upto) } : {};
    lists.put({ id: conversation, unread: 0, read: { ...c.read, agent: Math.max(c.read.agent, upto) }, ...mentions });
  }

  // ── words ──

  /** Hands words to the outbox; resolves when they are kept on this device, and only then may the draft go. */
  async sendMessage(conversation: string, text: string, more: Extra & { claim?: boolean } = {}): Promise<void> {
    this.client?.outbox.add({ conversation, text, ...more });
    this.ownOf(conversation).changed('');
    await this.client?.outbox.settled();
  }
  unsent(conversation: string): Shown[] {
    return this.outbox.filter((r) => r.conversation === conversation);
  }
  heldIn(conversation: string): number {
    return this.online ? 0 : this.outbox.filter((r) => r.conversation === conversation).length;
  }
  retry(id: string): void {
    this.client?.outbox.retry(id);
  }
  remove(id: string): void {
    this.client?.outbox.remove(id);
  }
  draft(name: string): string {
    return this.drafts?.get(name) ?? '';
  }
  keepDraft(name: string, text: string): void {
    this.drafts?.set(name, text);
  }
  typed(conversation: string, text: string): void {
    this.ownOf(conversation).changed(text);
  }
  typingIn(conversation: string): Typing | null {
    return this.typing[conversation] ?? null;
  }
  viewersOf(conversation: string): Face[] {
    return this.viewers[conversation] ?? [];
  }
  bounceOf(conversation: string): string | null {
    return this.bounces[conversation] ?? null;
  }

  /** Articles for a customer's words in a conversation, in their language and of their side; none without a connection. */
  async suggest(text: string, conversation: string): Promise<api.ArticleHit[]> {
    try {
      const f = await this.client?.request({ type: 'suggest', text, conversation });
      return f?.type === 'suggestions' ? (f.articles as api.ArticleHit[]) : [];
    } catch (err) {
      if (err instanceof Refused) return [];
      return []; // the row of suggestions is a help, never in the way
    }
  }
  used(article: string, conversation: string): void {
    this.client?.request({ type: 'article.feedback', article, conversation, kind: 'opened' }).catch(() => undefined); // a count, not words
  }

  private lastWords(id: string, text: string, seq: number, at: string | undefined, note: boolean): void {
    const c = lists.peek(id);
    if (!c || note || (c.last_message && c.last_message.seq > seq)) return;
    const author = { kind: 'agent' as const, id: app.agent?.id ?? '', name: app.agent?.name ?? '' };
    lists.put({ id, last_message: { seq, author, text: text.slice(0, 200), at: at ?? new Date().toISOString() } });
  }
  private bounce(id: string): void {
    const timeline = this.client?.timeline(id);
    if (!timeline) return;
    let found = '';
    for (const { seq, message } of timeline.list()) {
      if (message?.author.kind !== 'agent') continue;
      const p = timeline.progress(seq);
      found = p.state === 'bounced' || p.state === 'failed' ? outcomeText(app.t, p) : '';
    }
    if ((this.bounces[id] ?? '') !== found) this.bounces = { ...this.bounces, [id]: found };
  }
  private othersOf(conversation: string, agent: boolean): OthersTyping {
    let others = this.others.get(conversation);
    if (!others) {
      others = new OthersTyping((names) => {
        const name = names[0];
        this.typing = { ...this.typing, [conversation]: name === undefined ? null : { name, agent: this.agentTyping.has(conversation) } };
      });
      this.others.set(conversation, others);
    }
    if (agent) this.agentTyping.add(conversation);
    else this.agentTyping.delete(conversation);
    return others;
  }
  private readonly agentTyping = new Set<string>();
  private ownOf(conversation: string): OwnTyping {
    let own = this.own.get(conversation);
    if (!own) {
      own = new OwnTyping((on) => this.client?.send({ type: 'typing', conversation, on }));
      this.own.set(conversation, own);
    }
    return own;
  }
}

export const line = new Line();
