// A server for the tests of this folder: it keeps the promises of the wire contract that clients lean on, in
// memory, and can be told to misbehave in the ways networks do.
import type { Message } from '../../protocol';
import type { Socket } from '../connection';

type Json = Record<string, unknown> & { type: string };
interface Peer {
  socket: Socket;
  open: boolean;
  got: Json[];
}

export class FakeServer {
  readonly peers: Peer[] = [];
  readonly log = new Map<string, Message[]>();
  readonly acks = new Map<string, Json>();
  /** Frames of these types are received and not answered. */
  readonly mute = new Set<string>();
  /** Refusals for the next message.send frames, first to last. */
  readonly refusals: Json[] = [];
  /** Called instead of sending an ack, when set: the test sends it when it likes. */
  holdAck: ((send: () => void) => void) | null = null;
  unreachable = false;
  /** The largest number of missed entries a resume replays. */
  replay = 500;
  private made = 0;

  /** What Connection's settings.open takes. */
  readonly open = (): Socket => {
    const peer: Peer = { open: false, got: [], socket: null as unknown as Socket };
    peer.socket = {
      onopen: null, onmessage: null, onclose: null,
      send: (text) => queueMicrotask(() => peer.open && this.receive(peer, JSON.parse(text) as Json)),
      close: () => (peer.open = false),
    };
    this.peers.push(peer);
    queueMicrotask(() => {
      if (this.unreachable) return peer.socket.onclose?.({ code: 1006, reason: '' });
      peer.open = true;
      peer.socket.onopen?.();
    });
    return peer.socket;
  };

  get last(): Peer {
    return this.peers.at(-1)!;
  }
  /** All frames of a type that ever arrived. */
  received(type: string): Json[] {
    return this.peers.flatMap((p) => p.got).filter((f) => f.type === type);
  }

  /** Writes an entry as the other side would. */
  say(conversation: string, text: string, more: Partial<Message> = {}, except?: Peer): number {
    const entries = this.log.get(conversation) ?? [];
    this.log.set(conversation, entries);
    const seq = entries.push({
      id: `m_${++this.made}`, author: { kind: 'agent', id: 'a_1', name: 'Hanna' }, text, channel: 'chat',
      at: new Date(0).toISOString(), ...more,
    });
    this.tell({ type: 'message', conversation, seq, message: entries[seq - 1] }, except);
    return seq;
  }

  tell(frame: Json, except?: Peer): void {
    for (const peer of this.peers) if (peer.open && peer !== except) this.put(peer, frame);
  }

  put(peer: Peer, frame: Json): void {
    queueMicrotask(() => peer.open && peer.socket.onmessage?.({ data: JSON.stringify(frame) }));
  }

  /** Ends every connection, or the one given; without a code the network just goes away. */
  cut(code = 1006, reason = '', only?: Peer): void {
    for (const peer of this.peers)
      if (peer.open && (!only || peer === only)) {
        peer.open = false;
        peer.socket.onclose?.({ code, reason });
      }
  }

  private receive(peer: Peer, frame: Json): void {
    peer.got.push(frame);
    if (this.mute.has(frame.type)) return;
    if (frame.type === 'hello') this.hello(peer, frame);
    if (frame.type === 'ping') this.put(peer, { type: 'pong', ref: frame.ref, at: '' });
    if (frame.type === 'message.send') this.send(peer, frame);
    if (frame.type === 'history') this.history(peer, frame);
  }

  private hello(peer: Peer, frame: Json): void {
    this.put(peer, { type: 'welcome', session: 's', me: { id: 'ct_1', side: null, name: null, verified: false }, conversations: [], surveys: [], online: true, eta_s: null });
    for (const { conversation, after } of (frame.resume ?? []) as { conversation: string; after: number }[]) {
      const entries = this.log.get(conversation);
      if (!entries) {
        this.put(peer, { type: 'resumed', conversation, gone: true });
        continue;
      }
      const from = Math.max(after, entries.length - this.replay) + 1;
      for (let seq = from; seq <= entries.length; seq++) this.put(peer, { type: 'message', conversation, seq, message: entries[seq - 1] });
      this.put(peer, { type: 'resumed', conversation, from, seq: entries.length, ...(from > after + 1 ? { truncated: true } : {}) });
    }
  }

  private send(peer: Peer, frame: Json): void {
    const refusal = this.refusals.shift();
    if (refusal) return this.put(peer, { ...refusal, ref: frame.ref });
    const key = frame.key as string;
    let ack = this.acks.get(key);
    if (!ack) {
      const conversation = (frame.conversation as string | undefined) ?? 'c_1';
      const seq = this.say(conversation, frame.text as string, { key, author: { kind: 'customer', id: 'ct_1' } }, peer);
      ack = { type: 'ack', conversation, message: this.log.get(conversation)![seq - 1]!.id, seq, at: new Date(0).toISOString() };
      this.acks.set(key, ack);
    }
    const answer = () => this.put(peer, { ...ack, ref: frame.ref });
    if (this.holdAck) this.holdAck(answer);
    else answer();
  }

  private history(peer: Peer, frame: Json): void {
    const entries = (this.log.get(frame.conversation as string) ?? []).map((m, i) => ({ seq: i + 1, ...m }));
    const limit = (frame.limit as number | undefined) ?? 50;
    const { after, before } = frame as { after?: number; before?: number };
    const some = after !== undefined ? entries.filter((e) => e.seq > after).slice(0, limit)
      : entries.filter((e) => e.seq < (before ?? Infinity)).slice(-limit);
    this.put(peer, { type: 'history', ref: frame.ref, conversation: frame.conversation, messages: some, more: some.length < entries.length });
  }
}

/** A page that tests can put to sleep and wake. */
export class FakePage {
  shown = true;
  private on: { wake: () => void; lost: () => void; visible: (v: boolean) => void } | null = null;
  watch(on: NonNullable<FakePage['on']>): () => void {
    this.on = on;
    return () => (this.on = null);
  }
  visible(): boolean {
    return this.shown;
  }
  wake(): void {
    this.on?.wake();
  }
  lost(): void {
    this.on?.lost();
  }
}

/** The tabs of one browser: one lock, one channel. */
export class FakeBrowser {
  private readonly waiting: (() => void)[] = [];
  private readonly ears = new Set<() => void>();
  private taken = false;
  /** What a new tab gets. */
  tab() {
    const own = new Set<() => void>();
    return {
      lead: (then: () => void) => {
        let mine = false;
        const take = () => {
          mine = this.taken = true;
          then();
        };
        if (this.taken) this.waiting.push(take);
        else take();
        return () => {
          const at = this.waiting.indexOf(take);
          if (at >= 0) this.waiting.splice(at, 1);
          if (!mine) return;
          mine = this.taken = false;
          this.waiting.shift()?.();
        };
      },
      tell: () => {
        for (const ear of this.ears) if (!own.has(ear)) queueMicrotask(ear);
      },
      listen: (then: () => void) => {
        own.add(then);
        this.ears.add(then);
        return () => this.ears.delete(then);
      },
    };
  }
}
