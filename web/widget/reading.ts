// What the person has read: a message counts once its conversation has been looked at for a second.
import type { Timeline } from '../wire';
import { Emitter } from '../wire';
import type { Client } from '../wire';

const glance = 1_000;
const gather = 250;
type Timer = ReturnType<typeof setTimeout>;

export class Reading {
  readonly changes = new Emitter<[]>();
  #conversation = '';
  #upto = 0;
  #received = 0;
  #reading: Timer | undefined;
  #telling: Timer | undefined;
  /** Set by the screen: whether the last line is in view. */
  atBottom = true;

  /** watching says whether the person is looking at the conversation right now. */
  constructor(
    private readonly client: Client,
    private readonly watching: () => boolean,
  ) {
    document.addEventListener('visibilitychange', () => this.look());
    addEventListener('focus', () => this.look());
    client.timelines.on((id) => id === this.#conversation && this.look());
  }

  /** The conversation on the screen, and up to where the server knows it as read. */
  follow(conversation: string, upto: number): void {
    if (conversation !== this.#conversation) {
      this.#upto = upto;
      this.#received = 0;
    }
    this.#conversation = conversation;
    this.#upto = Math.max(this.#upto, upto);
    this.look();
  }

  /** How many messages of others stand beyond what was read. */
  unread(timeline: Timeline): number {
    return timeline.list().filter((i) => i.seq > this.#upto && i.message && !i.message.system && !i.message.change && i.message.author.kind !== 'customer').length;
  }

  /** To be called whenever what is seen may have changed. */
  look(): void {
    if (this.#conversation === '') return;
    clearTimeout(this.#telling);
    this.#telling = setTimeout(() => this.#tellReceived(), gather);
    clearTimeout(this.#reading);
    if (this.watching() && this.atBottom) this.#reading = setTimeout(() => this.#markRead(), glance);
  }

  #tellReceived(): void {
    const { held } = this.client.timeline(this.#conversation);
    if (held <= this.#received) return;
    if (this.client.send({ type: 'received', conversation: this.#conversation, upto: held })) this.#received = held;
  }

  #markRead(): void {
    const { held } = this.client.timeline(this.#conversation);
    if (held <= this.#upto || !this.watching() || !this.atBottom) return;
    if (!this.client.send({ type: 'read', conversation: this.#conversation, upto: held })) return;
    this.#upto = held;
    this.changes.emit();
  }
}
