// What a client holds of one conversation. Entries come by history, resume, live frames and acks, in any order
// and more than once; the timeline keeps each seq once and knows what is missing.
import type { Entry, Message } from '../protocol';

/** How far a message got, never backwards: sent, delivered, read; bounced, failed and unknown stand apart. */
export type Progress = 'sent' | 'delivered' | 'read' | 'bounced' | 'failed' | 'unknown';
const ranks: Record<string, number> = { sent: 0, delivered: 1, read: 2 };

export interface Item {
  seq: number;
  /** Null: exists, but is not for this reader. */
  message: Message | null;
  /** A later entry took its words away (unsent or erased). */
  gone?: boolean;
  edited?: boolean;
}

export class Timeline {
  readonly #items = new Map<number, Item>();
  #low = 0; // the window's first seq; 0 while nothing is known
  #high = 0; // up to here, from low on, everything is held
  #top = 0; // the highest seq seen
  readonly #changes = new Map<number, Message>();
  readonly #outcomes = new Map<number, { state: Progress; reason?: string }>();
  #deliveredUpto = 0;
  #readUpto = 0;

  constructor(readonly conversation: string) {}

  /** The highest seq up to which everything is held: what a resume says as `after`. 0: nothing is. */
  get held(): number {
    return this.#high;
  }
  /** The first seq of the window; older ones are asked for with `before`. 0: nothing is known yet. */
  get first(): number {
    return this.#low;
  }
  /** The highest seq seen. */
  get last(): number {
    return this.#top;
  }
  /** Whether entries before the window exist. */
  get hasOlder(): boolean {
    return this.#low > 1;
  }
  /** The first hole: entries after `after` and before `before` are missing. */
  get gap(): { after: number; before: number } | null {
    if (this.#low === 0 || this.#top <= this.#high) return null;
    let next = this.#high + 1;
    while (!this.#items.has(next)) next++;
    return { after: this.#high, before: next };
  }

  has(seq: number): boolean {
    return this.#items.has(seq) || (this.#low > 0 && seq >= this.#low && seq <= this.#high);
  }

  /** Takes an entry in; message null for one that is hidden. False: it was there already. */
  put(seq: number, message: Message | null): boolean {
    const known = this.#items.get(seq);
    if (known) {
      if (message && known.message && message.attachments) known.message = { ...message }; // fresh signed addresses
      return false;
    }
    if (this.#low > 0 && seq >= this.#low && seq <= this.#high) return false; // held once, let go by shrink
    const item: Item = { seq, message };
    this.#items.set(seq, item);
    if (message?.change) this.#change(message);
    const later = this.#changes.get(seq);
    if (later) this.#apply(item, later);
    if (this.#low === 0) {
      this.#low = seq;
      this.#high = seq;
    }
    while (this.#items.has(this.#high + 1)) this.#high++;
    while (this.#low > 1 && this.#items.has(this.#low - 1)) this.#low--;
    this.#top = Math.max(this.#top, seq);
    return true;
  }

  /** Takes the entries of a history answer in. */
  putAll(entries: readonly Entry[]): void {
    for (const { seq, ...rest } of entries) this.put(seq, rest.hidden || rest.id === undefined ? null : (rest as Message));
  }

  /** The server left a stretch out of a resume: the window begins anew at from, what was older is asked for again. */
  restart(from: number): void {
    for (const seq of [...this.#items.keys()]) if (seq < from) this.#items.delete(seq);
    this.#low = from;
    this.#high = from - 1;
    while (this.#items.has(this.#high + 1)) this.#high++;
    this.#top = Math.max(this.#top, this.#high);
  }

  /** Lets the entries go and keeps only the place, for conversations not on the screen. */
  shrink(): void {
    if (this.gap) return;
    this.#items.clear();
    this.#low = this.#high + 1;
  }

  /** All entries of the window in order. */
  list(): Item[] {
    return [...this.#items.values()].sort((a, b) => a.seq - b.seq);
  }

  /** How far the message at seq got, as far as this client knows. */
  progress(seq: number): { state: Progress; reason?: string } {
    const told = this.#outcomes.get(seq);
    if (told && ranks[told.state] === undefined) return told;
    if (seq <= this.#readUpto || told?.state === 'read') return { state: 'read' };
    return { state: seq <= this.#deliveredUpto || told?.state === 'delivered' ? 'delivered' : 'sent' };
  }

  /** The other side has read up to there. */
  markRead(upto: number): void {
    this.#readUpto = Math.max(this.#readUpto, upto);
  }

  /** A delivery frame. Delivered and read hold for everything before it too; a failure for that message alone. */
  markDelivery(seq: number, state: string, reason?: string): void {
    if (state === 'delivered') this.#deliveredUpto = Math.max(this.#deliveredUpto, seq);
    else if (state === 'read') this.markRead(seq);
    else if (state === 'bounced' || state === 'failed' || state === 'unknown')
      this.#outcomes.set(seq, reason === undefined ? { state } : { state, reason });
    else if (state !== 'queued' && state !== 'handed_over') return; // leased …: the steps inside the server are no news to a reader
    // It arrived, or it is on its way again: what went wrong before is over.
    if (state !== 'bounced' && state !== 'failed' && state !== 'unknown') this.#outcomes.delete(seq);
  }

  #change(by: Message): void {
    if (!by.change || by.change.kind === 'reaction') return;
    this.#changes.set(by.change.of, by);
    const item = this.#items.get(by.change.of);
    if (item) this.#apply(item, by);
  }

  #apply(item: Item, by: Message): void {
    if (!item.message || !by.change) return;
    if (by.change.kind === 'edit') {
      item.message = { ...item.message, text: by.change.text ?? item.message.text };
      item.edited = true;
    } else if (by.change.kind !== 'reaction') {
      item.message = { ...item.message, text: '', attachments: [] };
      item.gone = true;
    }
  }
}
