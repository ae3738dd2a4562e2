// Words that were written and are not acknowledged yet. A row is kept before its frame leaves; per conversation
// one frame is under way at a time, in the order the rows were written, and a row goes out with the same key
// until it is acknowledged or refused for good. A refused row holds those behind it until somebody decides.
import { limits } from '../protocol';
import type { Attachment, ErrorCode, Frame, ServerFrame, Template } from '../protocol';
import { backoff } from './backoff';
import { Lost, Refused } from './connection';
import type { Connection } from './connection';
import { Emitter } from './emitter';
import { newKey } from './key';
import type { Row, RowStore } from './store';
import type { Tabs } from './tabs';

export type Ack = Frame<ServerFrame, 'ack'>;
/** sending: under way or next · waiting: for the connection · behind: one before it failed · failed: needs a decision. */
export type RowState = 'sending' | 'waiting' | 'behind' | 'failed';
export interface Shown extends Row {
  state: RowState;
}
export interface Draft {
  conversation: string | null;
  text: string;
  attachments?: Attachment[];
  note?: boolean;
  /** Of a note: ids of the colleagues it names. */
  mentions?: string[];
  claim?: boolean;
  via?: string;
  answers?: number;
  template?: Template;
}

/** Codes after which the same frame may succeed later, when the server did not say. */
const passing: ErrorCode[] = ['rate_limited', 'unavailable'];

export class Outbox {
  /** Rows or their states have changed. */
  readonly changes = new Emitter<[]>();
  /** A row was acknowledged; the ack says where it went. */
  readonly acked = new Emitter<[Row, Ack]>();
  /** False when rows would not outlive the page. */
  durable = true;

  #rows: Row[] = [];
  readonly #unsaved = new Set<string>();
  readonly #removed = new Set<string>();
  readonly #flying = new Set<string>(); // lanes with a frame under way
  readonly #resting = new Map<string, ReturnType<typeof setTimeout>>(); // lanes told to wait
  readonly #attempts = new Map<string, number>();
  readonly #stops: (() => void)[] = [];
  #tail: Promise<void> = Promise.resolve();
  #leading = false;

  constructor(
    private readonly store: Promise<RowStore>,
    private readonly tabs: Tabs,
    private readonly connection: Pick<Connection, 'request' | 'live' | 'changes'>,
  ) {
    void store.then((s) => (this.durable = s.durable));
  }

  /** Reads the kept rows, and sends them once this tab is the one that sends. */
  start(): Promise<void> {
    this.#stops.push(
      this.tabs.listen(() => void this.#reload()),
      this.tabs.lead(() => {
        this.#leading = true;
        for (const id of this.#removed) this.#queue((store) => store.remove(id));
        void this.#reload();
      }),
      this.connection.changes.on(() => {
        this.changes.emit();
        this.#pump();
      }),
    );
    return this.#reload();
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    for (const timer of this.#resting.values()) clearTimeout(timer);
    this.#resting.clear();
    this.#leading = false;
  }

  /** The rows of a conversation (null: of the one that is yet to be), or all, in the order they go out. */
  list(conversation?: string | null): Shown[] {
    const held = new Set<string>();
    const shown: Shown[] = [];
    for (const row of this.#rows) {
      const lane = laneOf(row);
      if (conversation === undefined || row.conversation === conversation)
        shown.push({ ...row, state: this.#stateOf(row, held.has(lane)) });
      if (row.failed) held.add(lane);
    }
    return shown;
  }

  /** Takes words in; they are on the list at once and kept a moment later. */
  add(draft: Draft): Row {
    const key = newKey();
    const attachments = (draft.attachments ?? []).map((a) => ({ ...a })); // a framework's proxy could not be kept
    const row: Row = { ...draft, attachments, id: key, key, at: Date.now(), tried: false, failed: null };
    if (tooLong(row.text)) row.failed = { code: 'too_long', message: '', field: 'text' };
    this.#rows.push(row);
    this.#save(row);
    return row;
  }

  /** Tries a failed row again, with the same key unless the key itself was refused. */
  retry(id: string): void {
    this.#revise(id, (row) => (row.failed?.code === 'conflict' ? { ...row, key: newKey(), failed: null } : { ...row, failed: null }));
  }

  /** Gives a failed row other words; being other words, they get another key. */
  edit(id: string, text: string): void {
    this.#revise(id, (row) => ({
      ...row, text, key: newKey(), tried: false,
      failed: tooLong(text) ? { code: 'too_long', message: '', field: 'text' } : null,
    }));
  }

  /** Throws away a row that failed, or that has not left yet. */
  remove(id: string): void {
    const row = this.#rows.find((r) => r.id === id);
    if (row && (row.failed || !row.tried)) this.#forget(id);
  }

  /** The server showed a message with this key: it has it, whatever became of the ack. */
  confirm(key: string): void {
    const row = this.#rows.find((r) => r.key === key);
    if (!row) return;
    if (this.#leading) return this.#forget(row.id);
    this.#rows = this.#rows.filter((r) => r !== row); // the kept row is left to the tab that sends: its ack is on the way
    this.#removed.add(row.id);
    this.changes.emit();
  }

  /** Resolves when everything asked so far is kept. */
  settled(): Promise<void> {
    return this.#tail;
  }

  #stateOf(row: Row, held: boolean): RowState {
    if (row.failed) return 'failed';
    if (held) return 'behind';
    return this.connection.live ? 'sending' : 'waiting';
  }

  #revise(id: string, how: (row: Row) => Row): void {
    const at = this.#rows.findIndex((r) => r.id === id);
    const old = this.#rows[at];
    if (!old?.failed) return;
    const row = how(old);
    this.#rows[at] = row;
    this.#save(row);
  }

  #save(row: Row): void {
    this.#unsaved.add(row.id);
    this.changes.emit();
    this.#queue(async (store) => {
      try {
        await store.put(row);
      } finally {
        this.#unsaved.delete(row.id);
      }
    });
    void this.#tail.then(() => {
      this.tabs.tell();
      this.#pump();
    });
  }

  #forget(id: string): void {
    this.#rows = this.#rows.filter((r) => r.id !== id);
    this.#removed.add(id);
    this.#attempts.delete(id);
    this.changes.emit();
    this.#queue(async (store) => {
      await store.remove(id);
      this.#removed.delete(id);
    });
    void this.#tail.then(() => {
      this.tabs.tell();
      this.#pump();
    });
  }

  /** Store operations run one after another; one that fails costs durability, not the words. */
  #queue(what: (store: RowStore) => Promise<void>): void {
    this.#tail = this.#tail
      .then(() => this.store)
      .then(what)
      .catch(() => {
        this.durable = false;
        this.changes.emit();
      });
  }

  #reload(): Promise<void> {
    this.#queue(async (store) => {
      if (!store.durable) return;
      const kept = (await store.all()).filter((r) => !this.#removed.has(r.id) && !this.#unsaved.has(r.id));
      const mine = this.#rows.filter((r) => this.#unsaved.has(r.id));
      this.#rows = [...kept, ...mine].sort((a, b) => (a.id < b.id ? -1 : 1));
      this.changes.emit();
    });
    return this.#tail.then(() => this.#pump());
  }

  /** Sends the first row of every lane that has nothing under way and nothing failed before it. */
  #pump(): void {
    if (!this.#leading || !this.connection.live) return;
    const seen = new Set<string>();
    for (const row of this.#rows) {
      const lane = laneOf(row);
      if (seen.has(lane)) continue;
      seen.add(lane);
      if (row.failed || this.#unsaved.has(row.id) || this.#flying.has(lane) || this.#resting.has(lane)) continue;
      void this.#transmit(row, lane);
    }
  }

  async #transmit(row: Row, lane: string): Promise<void> {
    this.#flying.add(lane);
    try {
      if (!row.tried) {
        row.tried = true;
        this.#queue((store) => store.put({ ...row }));
        await this.#tail;
      }
      const ack = (await this.connection.request(frameOf(row))) as Ack;
      this.#arrived(row, ack);
    } catch (err) {
      this.#came(row, lane, err);
    } finally {
      this.#flying.delete(lane);
    }
    this.#pump();
  }

  #arrived(row: Row, ack: Ack): void {
    const went = ack.conversation;
    if (went !== undefined && went !== row.conversation)
      for (const next of this.#rows) // those behind it follow, unless the server may know them elsewhere
        if (next.id !== row.id && next.conversation === row.conversation && !next.tried) {
          next.conversation = went;
          this.#queue((store) => store.put({ ...next }));
        }
    this.acked.emit(row, ack);
    this.#forget(row.id);
  }

  #came(row: Row, lane: string, err: unknown): void {
    if (err instanceof Refused) {
      const { code, message, field, retry, retry_after_ms } = err.frame;
      if (retry ?? passing.includes(code)) {
        const attempt = this.#attempts.get(row.id) ?? 0;
        this.#attempts.set(row.id, attempt + 1);
        this.#rest(lane, retry_after_ms ?? 500 + backoff(attempt));
      } else this.#fail(row, field === undefined ? { code, message } : { code, message, field });
    } else if (err instanceof Lost) {
      if (err.code === 1009) this.#fail(row, { code: 'too_long', message: '', field: 'text' });
    } else throw err;
  }

  #fail(row: Row, failed: Row['failed']): void {
    const at = this.#rows.findIndex((r) => r.id === row.id);
    if (at < 0) return;
    this.#rows[at] = { ...row, failed };
    this.#save({ ...row, failed });
  }

  #rest(lane: string, ms: number): void {
    this.#resting.set(
      lane,
      setTimeout(() => {
        this.#resting.delete(lane);
        this.#pump();
      }, ms),
    );
  }
}

/** How many characters (code points, as the server counts) a text has above the limit; 0 when it fits. */
export function excess(text: string): number {
  if (text.length <= limits.textChars) return 0;
  return Math.max(0, [...text].length - limits.textChars);
}

function tooLong(text: string): boolean {
  return excess(text) > 0 || new TextEncoder().encode(JSON.stringify(text)).length > limits.frameBytes - 4096;
}

const laneOf = (row: Row) => row.conversation ?? '';

function frameOf(row: Row) {
  return {
    type: 'message.send' as const,
    key: row.key,
    text: row.text,
    ...(row.conversation === null ? {} : { conversation: row.conversation }),
    ...(row.attachments.length > 0 ? { attachments: row.attachments.map((a) => a.id) } : {}),
    ...(row.note ? { note: true } : {}),
    ...(row.mentions?.length ? { mentions: row.mentions } : {}),
    ...(row.claim === false ? { claim: false } : {}),
    ...(row.via ? { via: row.via } : {}),
    ...(row.answers ? { answers: row.answers } : {}),
    ...(row.template ? { template: row.template } : {}),
  };
}
