// One live socket that keeps coming back: hello and welcome, answers by ref, pings, backoff, close codes.
// It knows nothing of messages; client.ts does.
import { closes } from '../protocol';
import type { ClientFrame, Frame, ServerFrame } from '../protocol';
import { backoff } from './backoff';
import { Emitter } from './emitter';

/** What the connection needs of a WebSocket; tests hand in their own. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** What the connection needs of the page it lives in. */
export interface Surroundings {
  /** Calls wake when the page or the network comes back, lost when the browser says there is no network. */
  watch(on: { wake: () => void; lost: () => void; visible: (visible: boolean) => void }): () => void;
  visible(): boolean;
}

/**
 * idle: not started · connecting: on the way to welcome · live · down: waiting to try again ·
 * stopped: will not try again by itself, cause says why (token or origin).
 */
export type Phase = 'idle' | 'connecting' | 'live' | 'down' | 'stopped';
export type Cause = 'none' | 'network' | 'restart' | 'slow' | 'rate' | 'token' | 'origin';

export interface Status {
  phase: Phase;
  cause: Cause;
  /** The reason the server gave with the close: for token expired, revoked or bad. */
  reason: string;
  /** When the connection was last lost (ms since the epoch), null while live or before the first try. */
  lostAt: number | null;
  /** When the next attempt begins, null when none is planned. */
  retryAt: number | null;
  /** The browser says there is no network, and nothing has come in since. */
  offline: boolean;
}

/** An error frame, as the outcome of a request. */
export class Refused extends Error {
  constructor(readonly frame: Frame<ServerFrame, 'error'>) {
    super(frame.message);
    this.name = 'Refused';
  }
}

/** The connection went away before the answer came; whether the frame arrived is not known. */
export class Lost extends Error {
  constructor(readonly code = 0) {
    super('the connection was lost before the answer');
    this.name = 'Lost';
  }
}

export interface Settings {
  url: string;
  /** The hello frame, asked for at each opening. */
  hello: () => Frame<ClientFrame, 'hello'>;
  open?: (url: string, protocol: string) => Socket;
  surroundings?: Surroundings;
  random?: () => number;
}

export const times = { connect: 10_000, answer: 2_000, pong: 5_000, idle: 30_000, stable: 10_000, rate: 10_000 } as const;

type Timer = ReturnType<typeof setTimeout>;
type Request = Extract<ClientFrame, { ref: string }>;
/** A request without its ref, which the connection gives. */
export type Unnumbered<F = Request> = F extends { ref: string } ? Omit<F, 'ref'> : never;
interface Waiting {
  resolve: (frame: ServerFrame) => void;
  reject: (err: Error) => void;
  since: number;
}

export class Connection {
  readonly frames = new Emitter<[ServerFrame]>();
  readonly changes = new Emitter<[Status]>();
  status: Status = { phase: 'idle', cause: 'none', reason: '', lostAt: null, retryAt: null, offline: false };

  #socket: Socket | null = null;
  readonly #waiting = new Map<string, Waiting>();
  readonly #timers = new Map<string, Timer>();
  #attempt = 0;
  #liveAt = 0;
  #refs = 0;
  #unwatch: (() => void) | null = null;
  readonly #random: () => number;

  constructor(private readonly settings: Settings) {
    this.#random = settings.random ?? Math.random;
  }

  /** Begins, or begins again after stopped. A running connection is left alone. */
  start(): void {
    this.#unwatch ??= (this.settings.surroundings ?? ownPage).watch({
      wake: () => this.#wake(),
      lost: () => this.#networkLost(),
      visible: () => this.#keepProbing(),
    });
    if (this.#socket || this.status.phase === 'down') return;
    this.#attempt = 0;
    this.#connect();
  }

  /** Ends it; requests under way are told Lost. */
  stop(): void {
    this.#unwatch?.();
    this.#unwatch = null;
    this.#letGo(1000);
    this.#set({ phase: 'idle', cause: 'none', retryAt: null, lostAt: null });
  }

  /** Tries at once instead of at retryAt; while live it asks for a sign of life. */
  retryNow(): void {
    if (this.status.phase === 'down') this.#connect();
    else if (this.status.phase === 'live') this.#probe();
  }

  get live(): boolean {
    return this.status.phase === 'live';
  }

  /** Sends a frame that has no answer. False when there is no connection: the frame is gone. */
  send(frame: ClientFrame): boolean {
    if (!this.live || !this.#socket) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Sends a frame that is answered once. Rejects with Refused, or with Lost when the connection goes first. */
  request(frame: Unnumbered): Promise<ServerFrame> {
    const socket = this.#socket;
    if (!this.live || !socket) return Promise.reject(new Lost());
    const ref = String(++this.#refs);
    return new Promise((resolve, reject) => {
      this.#waiting.set(ref, { resolve, reject, since: Date.now() });
      socket.send(JSON.stringify({ ...frame, ref }));
      if (!this.#timers.has('answer')) this.#after('answer', times.answer, () => this.#checkAnswers());
    });
  }

  #connect(): void {
    this.#letGo();
    this.#set({ phase: 'connecting', retryAt: null });
    const open = this.settings.open ?? ((url, protocol) => new WebSocket(url, protocol) as Socket);
    let socket: Socket;
    try {
      socket = open(this.settings.url, 'centrala.v1');
    } catch {
      this.#planRetry('network', backoff(this.#attempt++, this.#random)); // an address the browser will not open
      return;
    }
    this.#socket = socket;
    this.#after('connect', times.connect, () => this.#drop());
    socket.onopen = () => socket.send(JSON.stringify(this.settings.hello()));
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#closed(code, reason);
  }

  #receive(data: unknown): void {
    const frame = parse(data);
    if (!frame) return;
    if (this.#timers.has('pong')) this.#after('pong', times.pong, () => this.#drop()); // anything is a sign of life
    if (this.status.offline) this.#set({ offline: false });
    if (frame.type === 'welcome') {
      this.#clear('connect');
      this.#liveAt = Date.now();
      this.#set({ phase: 'live', cause: 'none', reason: '', lostAt: null, retryAt: null });
      this.#keepProbing();
    }
    if (frame.type === 'pong') this.#clear('pong');
    this.frames.emit(frame);
    if ('ref' in frame && frame.ref !== undefined) this.#settle(frame.ref, frame);
  }

  #settle(ref: string, frame: ServerFrame): void {
    const request = this.#waiting.get(ref);
    if (!request) return;
    this.#waiting.delete(ref);
    if (frame.type === 'error') request.reject(new Refused(frame));
    else request.resolve(frame);
  }

  #closed(code: number, reason: string): void {
    this.#letGo(undefined, code);
    if (code === closes.token || code === closes.origin) {
      const cause = code === closes.token ? 'token' : 'origin';
      this.#set({ phase: 'stopped', cause, reason, lostAt: this.status.lostAt ?? Date.now(), retryAt: null });
      return;
    }
    if (this.status.phase === 'live' && Date.now() - this.#liveAt >= times.stable) this.#attempt = 0;
    const wait = backoff(this.#attempt++, this.#random);
    if (code === closes.restart) this.#planRetry('restart', retryAfter(reason) ?? wait);
    else if (code === closes.tooSlow) this.#planRetry('slow', wait);
    else if (code === closes.rate || code === closes.badFrame) this.#planRetry('rate', times.rate + wait);
    else this.#planRetry('network', wait);
  }

  #planRetry(cause: Cause, wait: number): void {
    const now = Date.now();
    this.#set({ phase: 'down', cause, lostAt: this.status.lostAt ?? now, retryAt: now + wait });
    this.#after('retry', wait, () => this.#connect());
  }

  /** The peer is silent: give the socket up without waiting for it to agree. */
  #drop(): void {
    const socket = this.#socket;
    this.#closed(1006, '');
    socket?.close();
  }

  #wake(): void {
    if (this.status.phase === 'live') this.#probe();
    else if (this.status.phase === 'down' && this.status.cause !== 'rate') this.#connect();
  }

  #networkLost(): void {
    this.#set({ offline: true });
    if (this.status.phase === 'live') this.#probe();
  }

  #probe(): void {
    if (this.#timers.has('pong')) return;
    this.#after('pong', times.pong, () => this.#drop());
    this.send({ type: 'ping', ref: `p${++this.#refs}` });
  }

  #keepProbing(): void {
    this.#clear('idle');
    if (!this.live || !(this.settings.surroundings ?? ownPage).visible()) return;
    this.#after('idle', times.idle, () => {
      this.#probe();
      this.#keepProbing();
    });
  }

  #checkAnswers(): void {
    const oldest = Math.min(...[...this.#waiting.values()].map((w) => w.since));
    if (!Number.isFinite(oldest)) return;
    const left = oldest + times.answer - Date.now();
    if (left <= 0) this.#probe();
    this.#after('answer', left > 0 ? left : times.answer, () => this.#checkAnswers());
  }

  /** Forgets the socket and everything that hangs on it. */
  #letGo(close?: number, code = 0): void {
    const socket = this.#socket;
    this.#socket = null;
    for (const name of [...this.#timers.keys()]) this.#clear(name);
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      if (close !== undefined) socket.close(close);
    }
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const request of lost) request.reject(new Lost(code));
  }

  #set(change: Partial<Status>): void {
    this.status = { ...this.status, ...change };
    this.changes.emit(this.status);
  }

  #after(name: string, ms: number, what: () => void): void {
    this.#clear(name);
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      what();
    }, ms);
    this.#timers.set(name, timer);
  }

  #clear(name: string): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}

/** The frame in a text, or null for what is not one: unknown things are ignored, by contract. */
function parse(data: unknown): ServerFrame | null {
  if (typeof data !== 'string') return null;
  try {
    const frame: unknown = JSON.parse(data);
    return typeof frame === 'object' && frame !== null && 'type' in frame ? (frame as ServerFrame) : null;
  } catch {
    return null;
  }
}

function retryAfter(reason: string): number | null {
  try {
    const ms = Number((JSON.parse(reason) as { retry_after_ms?: unknown }).retry_after_ms);
    return ms >= 0 ? Math.min(ms, 60_000) : null;
  } catch {
    return null;
  }
}

const ownPage: Surroundings = {
  watch(on) {
    const seen = () => {
      on.visible(!document.hidden);
      if (!document.hidden) on.wake();
    };
    addEventListener('online', on.wake);
    addEventListener('pageshow', on.wake);
    addEventListener('offline', on.lost);
    document.addEventListener('visibilitychange', seen);
    return () => {
      removeEventListener('online', on.wake);
      removeEventListener('pageshow', on.wake);
      removeEventListener('offline', on.lost);
      document.removeEventListener('visibilitychange', seen);
    };
  },
  visible: () => !document.hidden,
};
