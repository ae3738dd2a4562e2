// What a client holds of one conversation. Entries come by history, resume, live frames and acks, in any order
// and more than once; the timeline keeps each seq once and knows what is missing.
import type { Entry, Message, Reaction } from '../protocol';

/** How far a message got, never backwards: sent, delivered, read; bounced, failed and unknown stand apart. */
export type Progress = 'sent' | 'delivered' | 'read' | 'bounced' | 'failed' | 'unknown';
export interface Outcome {
  state: Progress;
  /** Why, in the words of whoever refused it. */
  reason?: string;
  /** Why, as one of the known causes. */
  cause?: string;
}
const ranks: Record<string, number> = { sent: 0, delivered: 1, read: 2 };

export interface Item {
  seq: number;
  /** Null: exists, but is not for this reader. */
  message: Message | null;
  /** Its words are gone: taken back by its writer (then message.unsent) or erased. */
  gone?: boolean;
  edited?: boolean;
  /** What it said before, as far as this client has seen, the first words first. */
  earlier?: string[];
}

export class Timeline {
  readonly #items = new Map<number, Item>();
  #low = 0; // the window's first seq; 0 while nothing is known
  #high = 0; // up to here, from low on, everything is held
  #top = 0; // the highest seq seen
  readonly #changes = new Map<number, { seq: number; by: Message }[]>(); // by what they are about, in the order of the log
  readonly #served = new Map<number, Message>(); // the entries as they came, before what changed them
  readonly #outcomes = new Map<number, Outcome>();
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
      if (message && known.message && message.attachments) {
        this.#served.set(seq, message); // fresh signed addresses
        this.#settle(known);
      }
      return false;
    }
    if (this.#low > 0 && seq >= this.#low && seq <= this.#high) return false; // held once, let go by shrink
    const item: Item = { seq, message };
    this.#items.set(seq, item);
    if (message) this.#served.set(seq, message);
    if (message?.change) this.#change(seq, message);
    this.#settle(item);
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
    for (const seq of [...this.#items.keys()]) if (seq < from) this.#forget(seq);
    this.#low = from;
    this.#high = from - 1;
    while (this.#items.has(this.#high + 1)) this.#high++;
    this.#top = Math.max(this.#top, this.#high);
  }

  /** Lets the entries go and keeps only the place, for conversations not on the screen. */
  shrink(): void {
    if (this.gap) return;
    this.#items.clear();
    this.#served.clear();
    this.#low = this.#high + 1;
  }

  #forget(seq: number): void {
    this.#items.delete(seq);
    this.#served.delete(seq);
  }

  /** By which channel the customer last wrote, as far as the window tells. */
  get channel(): string | undefined {
    return this.list().findLast((i) => i.message?.author.kind === 'customer')?.message?.channel;
  }

  /** All entries of the window in order. */
  list(): Item[] {
    return [...this.#items.values()].sort((a, b) => a.seq - b.seq);
  }

  /** How far the message at seq got, as far as this client knows. */
  progress(seq: number): Outcome {
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
  markDelivery(seq: number, state: string, reason?: string, cause?: string): void {
    if (state === 'delivered') this.#deliveredUpto = Math.max(this.#deliveredUpto, seq);
    else if (state === 'read') this.markRead(seq);
    else if (state === 'bounced' || state === 'failed' || state === 'unknown')
      this.#outcomes.set(seq, { state, ...(reason === undefined ? {} : { reason }), ...(cause === undefined ? {} : { cause }) });
    else if (state !== 'queued' && state !== 'handed_over') return; // leased …: the steps inside the server are no news to a reader
    // It arrived, or it is on its way again: what went wrong before is over.
    if (state !== 'bounced' && state !== 'failed' && state !== 'unknown') this.#outcomes.delete(seq);
  }

  #change(seq: number, by: Message): void {
    if (!by.change) return;
    const of = by.change.of;
    const all = [...(this.#changes.get(of) ?? []).filter((c) => c.seq !== seq), { seq, by }].sort((a, b) => a.seq - b.seq);
    this.#changes.set(of, all);
    const item = this.#items.get(of);
    if (item) this.#settle(item);
  }

  /** What an entry is by now: as it was served, and after all that is known to have changed since. */
  #settle(item: Item): void {
    const served = this.#served.get(item.seq);
    if (!served) return;
    item.message = served;
    if (served.edited) item.edited = true;
    if (served.unsent) this.#takeAway(item);
    for (const c of this.#changes.get(item.seq) ?? []) this.#apply(item, c.by);
    const now = item.message.text;
    if (item.gone) delete item.earlier;
    else if (item.earlier) item.earlier = item.earlier.filter((t) => t !== now);
  }

  #takeAway(item: Item): void {
    if (item.message) item.message = { ...item.message, text: '', attachments: [] };
    item.gone = true;
  }

  /** Kinds that are not known leave the entry as it is: a later version tells more. */
  #apply(item: Item, by: Message): void {
    if (!item.message || !by.change) return;
    switch (by.change.kind) {
      case 'edit': {
        const before = item.message.text;
        const now = { ...item.message, text: by.change.text ?? before };
        for (const k of ['has_html', 'has_more', 'attachments'] as const) {
          delete now[k];
          if (by[k] !== undefined) Object.assign(now, { [k]: by[k] });
        }
        if (before !== '' && before !== now.text && !item.earlier?.includes(before)) item.earlier = [...(item.earlier ?? []), before];
        item.message = now;
        item.edited = true;
        return;
      }
      case 'file':
        if (!item.gone) item.message = { ...item.message, attachments: by.attachments ?? [] };
        return;
      case 'reaction':
        item.message = { ...item.message, reactions: reacted(item.message.reactions, by) };
        return;
      case 'unsend':
        item.message = { ...item.message, unsent: true };
        return this.#takeAway(item);
      case 'erase':
        this.#takeAway(item);
    }
  }
}

/** The reactions after one: each person has one at most, and an empty one takes it back. */
function reacted(had: readonly Reaction[] | undefined, by: Message): Reaction[] {
  const who = by.author.kind === 'customer' ? 'customer' : (by.author.id ?? '');
  const rest = (had ?? []).filter((r) => r.by !== who);
  return by.change?.text ? [...rest, { by: who, emoji: by.change.text }] : rest;
}
