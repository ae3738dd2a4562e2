// The client both apps are built on: one connection, the timelines it keeps whole, the outbox that never forgets.
//
//   const client = new Client({ url, scope: 'agent:a_1' });
//   client.on('conversation', (f) => …);       every frame, typed, as it came
//   client.timelines.on((id) => redraw(id));   a timeline changed
//   client.outbox.add({ conversation, text }); shown at once, kept, sent, resent until acknowledged
//   client.start();
import { limits } from '../protocol';
import type { Attachment, Author, ClientFrame, Frame, Message, ResumePoint, ServerFrame } from '../protocol';
import { Connection, Lost, Refused } from './connection';
import type { Settings, Status, Unnumbered } from './connection';
import { Emitter } from './emitter';
import { Outbox } from './outbox';
import { openRows } from './store';
import type { Row, RowStore } from './store';
import { browserTabs } from './tabs';
import type { Tabs } from './tabs';
import { Timeline } from './timeline';

export interface ClientSettings extends Omit<Settings, 'hello'> {
  /** Whose outbox this is, for example visitor:web or agent:a_7. */
  scope: string;
  /** The token for hello; a browser with a session cookie leaves it out. */
  token?: () => string | null;
  /** More for hello: resume_events, watch. */
  hello?: () => Partial<Frame<ClientFrame, 'hello'>>;
  rows?: Promise<RowStore>;
  tabs?: Tabs;
}

/** How long a hole may stay open before it is asked for: an ack may overtake the messages below it. */
export const gapPatience = 400;
const page = 50;

type Type = ServerFrame['type'];

export class Client {
  readonly connection: Connection;
  readonly outbox: Outbox;
  /** The conversation whose timeline changed. */
  readonly timelines = new Emitter<[string]>();
  /** A message that this client did not hold before; live: it has just been written, not caught up with. */
  readonly news = new Emitter<[conversation: string, seq: number, message: Message, live: boolean]>();

  readonly #held = new Map<string, Timeline>();
  readonly #resuming = new Set<string>();
  readonly #filling = new Set<string>();
  readonly #gapTimers = new Map<string, ReturnType<typeof setTimeout>>();
  #me: Author = { kind: 'customer' };

  constructor(private readonly settings: ClientSettings) {
    const { scope } = settings;
    this.connection = new Connection({ ...settings, hello: () => this.#hello() });
    this.outbox = new Outbox(settings.rows ?? openRows(scope), settings.tabs ?? browserTabs(scope), this.connection);
    this.connection.frames.on((frame) => this.#receive(frame));
    this.connection.changes.on((status) => this.#changed(status));
    this.outbox.acked.on((row, ack) => this.#acknowledged(row, ack));
  }

  /** Resolves when the outbox has read what an earlier page left. */
  start(): Promise<void> {
    this.connection.start();
    return this.outbox.start();
  }

  stop(): void {
    this.outbox.stop();
    this.connection.stop();
    for (const timer of this.#gapTimers.values()) clearTimeout(timer);
    this.#gapTimers.clear();
  }

  /** Calls back with every frame of a type, after the client has taken its own part from it. */
  on<T extends Type>(type: T, then: (frame: Frame<ServerFrame, T>) => void): () => void {
    return this.connection.frames.on((frame) => {
      if (frame.type === type) then(frame as Frame<ServerFrame, T>);
    });
  }

  /** The timeline of a conversation, empty until something came. */
  timeline(conversation: string): Timeline {
    let timeline = this.#held.get(conversation);
    if (!timeline) this.#held.set(conversation, (timeline = new Timeline(conversation)));
    return timeline;
  }

  /** Loads the newest entries unless they are held. Rejects with Refused or Lost. */
  async open(conversation: string, limit: number = page): Promise<Timeline> {
    const timeline = this.timeline(conversation);
    const partly = timeline.list().length < Math.min(limit, timeline.last);
    if (timeline.first === 0 || partly) await this.#load(conversation, { limit });
    return timeline;
  }

  /** Loads entries before the window. False: there are no more. Rejects with Refused or Lost. */
  async older(conversation: string, limit: number = page): Promise<boolean> {
    const { first, hasOlder } = this.timeline(conversation);
    if (!hasOlder) return false;
    await this.#load(conversation, { before: first, limit });
    return true;
  }

  /** Sends a frame that has no answer, if there is a connection. */
  send(frame: ClientFrame): boolean {
    return this.connection.send(frame);
  }

  /** Sends a frame that is answered. Rejects with Refused or Lost. */
  request(frame: Unnumbered): Promise<ServerFrame> {
    return this.connection.request(frame);
  }

  /** Lets go of all entries but those of the conversations named; their places are kept for the resume. */
  trim(keep: readonly string[]): void {
    for (const [id, timeline] of this.#held) if (!keep.includes(id)) timeline.shrink();
  }

  #hello(): Frame<ClientFrame, 'hello'> {
    const resume: ResumePoint[] = [...this.#held.values()]
      .filter((t) => t.held > 0)
      .slice(-limits.resumeEntries)
      .map((t) => ({ conversation: t.conversation, after: t.held }));
    this.#resuming.clear();
    for (const { conversation } of resume) this.#resuming.add(conversation);
    for (const id of [...this.#held.keys()]) if (!this.#resuming.has(id)) this.#held.delete(id); // nobody would fill them
    const token = this.settings.token?.();
    return { type: 'hello', ...(token ? { token } : {}), ...(resume.length > 0 ? { resume } : {}), ...this.settings.hello?.() };
  }

  #changed(status: Status): void {
    if (status.phase === 'live') return;
    this.#filling.clear();
    for (const timer of this.#gapTimers.values()) clearTimeout(timer);
    this.#gapTimers.clear();
  }

  #receive(frame: ServerFrame): void {
    switch (frame.type) {
      case 'welcome':
        this.#me = { kind: 'role' in frame.me || 'load' in frame.me ? 'agent' : 'customer', id: frame.me.id, name: frame.me.name ?? '' };
        return;
      case 'message':
        return this.#message(frame);
      case 'history':
        this.timeline(frame.conversation).putAll(frame.messages);
        for (const { key } of frame.messages) if (key) this.outbox.confirm(key);
        return this.#touched(frame.conversation);
      case 'resumed':
        return this.#resumed(frame);
      case 'delivery':
        this.timeline(frame.conversation).markDelivery(frame.seq, frame.state, frame.reason, frame.cause);
        return this.#touched(frame.conversation);
      case 'read':
        if (frame.author.kind !== this.#me.kind) this.timeline(frame.conversation).markRead(frame.upto);
        return this.#touched(frame.conversation);
    }
  }

  #message({ conversation, seq, message }: Frame<ServerFrame, 'message'>): void {
    const timeline = this.timeline(conversation);
    const fresh = timeline.put(seq, message ?? null);
    if (message?.key) this.outbox.confirm(message.key);
    if (!fresh) return;
    this.#touched(conversation);
    if (message) this.news.emit(conversation, seq, message, !this.#resuming.has(conversation));
  }

  #resumed(frame: Frame<ServerFrame, 'resumed'>): void {
    const { conversation } = frame;
    this.#resuming.delete(conversation);
    if (frame.gone || frame.moved) {
      this.#held.delete(conversation);
      this.timelines.emit(conversation);
      return;
    }
    const timeline = this.timeline(conversation);
    if (frame.truncated && frame.from !== undefined) timeline.restart(frame.from);
    this.#touched(conversation);
  }

  #acknowledged(row: Row, ack: Frame<ServerFrame, 'ack'>): void {
    const { conversation, seq, at } = ack;
    if (conversation === undefined || seq === undefined) return;
    const timeline = this.timeline(conversation);
    const message: Message = {
      id: ack.message ?? '', author: this.#me, text: row.text, channel: row.via ?? timeline.channel ?? 'chat', key: row.key,
      at: at ?? new Date().toISOString(),
      ...(row.attachments.length > 0 ? { attachments: row.attachments } : {}),
      ...(row.note ? { note: true } : {}),
      ...(row.mentions?.length ? { mentions: row.mentions } : {}),
      ...(row.answers ? { answers: row.answers } : {}),
    };
    timeline.put(seq, message);
    this.#touched(conversation);
  }

  #touched(conversation: string): void {
    const timeline = this.timeline(conversation);
    this.#held.delete(conversation); // the last touched are resumed first: a Map keeps the order of insertion
    this.#held.set(conversation, timeline);
    this.#watchGap(conversation);
    this.timelines.emit(conversation);
  }

  #watchGap(conversation: string, patience: number = gapPatience): void {
    const gap = this.timeline(conversation).gap;
    if (!gap || this.#resuming.has(conversation) || this.#filling.has(conversation)) return;
    if (this.#gapTimers.has(conversation)) return;
    const timer = setTimeout(() => {
      this.#gapTimers.delete(conversation);
      void this.#fill(conversation);
    }, patience);
    this.#gapTimers.set(conversation, timer);
  }

  /** Asks for what is missing until nothing is. A connection that goes away ends it: the resume does the rest. */
  async #fill(conversation: string): Promise<void> {
    const timeline = this.timeline(conversation);
    this.#filling.add(conversation);
    try {
      for (let gap = timeline.gap; gap; gap = timeline.gap) {
        await this.#load(conversation, { after: gap.after, limit: limits.historyEntries });
        if (timeline.gap?.after === gap.after) break; // the server has nothing there for us
      }
    } catch (err) {
      if (err instanceof Lost) return;
      if (!(err instanceof Refused)) throw err;
      this.#filling.delete(conversation);
      if (err.frame.retry ?? err.frame.code === 'rate_limited') this.#watchGap(conversation, err.frame.retry_after_ms ?? 5_000);
    } finally {
      this.#filling.delete(conversation);
    }
  }

  #load(conversation: string, range: { before?: number; after?: number; limit: number }): Promise<ServerFrame> {
    return this.connection.request({ type: 'history', conversation, ...range });
  }
}

/** Puts a file on the server; it becomes part of a message by its id. headers are who asks: a Bearer token, or the
 *  CSRF header of a session. Rejects with a Problem. */
export async function upload(file: File, headers: Record<string, string>, signal?: AbortSignal): Promise<Attachment> {
  const body = new FormData();
  body.set('file', file, file.name);
  const credentials = headers.Authorization ? 'omit' : 'same-origin';
  const response = await fetch('/v1/attachments', { method: 'POST', body, headers, credentials, ...(signal ? { signal } : {}) });
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})));
  return (await response.json()) as Attachment;
}

/** An RFC 9457 answer of the REST side. */
export class Problem extends Error {
  readonly code: string;
  constructor(readonly status: number, body: { detail?: string; title?: string; code?: string }) {
    super(body.detail ?? body.title ?? `HTTP ${status}`);
    this.name = 'Problem';
    this.code = body.code ?? '';
  }
}

/** The address of the live socket of this site. */
export function socketURL(page: { protocol: string; host: string } = location): string {
  return `${page.protocol === 'https:' ? 'wss' : 'ws'}://${page.host}/v1/socket`;
}
