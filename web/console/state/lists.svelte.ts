// Every conversation this client knows, once, by id; and the lists made of them. Frames change the map at once and
// the screen once per animation frame; rows stay where they are while somebody looks at them (the still list).
import * as api from '../api';
import { app } from './app.svelte';
import { waits } from './mentions';

export type Row = api.ConversationRow;

const rank = (c: Row) => (c.turn === 'agent' ? 0 : 1);
const when = (c: Row) => (c.due ? Date.parse(c.due) : Number.MAX_SAFE_INTEGER);
const age = (c: Row) => Date.parse(c.last_message?.at ?? c.opened_at);

/** Soonest deadline first, then the longest wait; resolved ones newest first. */
function compare(a: Row, b: Row, view: api.View): number {
  if (view === 'resolved') return age(b) - age(a);
  return rank(a) - rank(b) || when(a) - when(b) || age(a) - age(b) || (a.id < b.id ? -1 : 1);
}

function belongs(c: Row, view: api.View, me: string): boolean {
  switch (view) {
    case 'mine':
      return c.status === 'open' && c.assignee?.id === me;
    case 'queue':
      return c.status === 'waiting';
    case 'team':
      return c.status === 'waiting' || c.status === 'open';
    case 'mentions':
      return waits(c, me);
    case 'snoozed':
      return c.status === 'snoozed';
    case 'resolved':
      return c.status === 'resolved';
  }
}

export interface Filters {
  side: api.Side | null;
  complaint: boolean;
  unread: boolean;
  assignee: string | null;
}

class Lists {
  private readonly all = new Map<string, Row>();
  /** Grows when something on the screen may have changed; reading a row depends on it. */
  version = $state(0);
  /** What is shown, in order: first those in which it is the team's turn. */
  order = $state.raw<string[]>([]);
  /** How many rows of the order are the team's turn. */
  yours = $state(0);
  /** How many came or would move, while the list is held still. */
  fresh = $state(0);
  sides = $state.raw<Record<api.Side, number>>({ buyer: 0, seller: 0, advertiser: 0 });
  /** All of the view, whatever the filters. */
  total = $state(0);
  state = $state<'loading' | 'slow' | 'ready' | 'error'>('loading');
  loadedAt = $state<number | null>(null);
  sliding = $state(false);
  counts = $state.raw<api.Counts | null>(null);
  filters = $state<Filters>({ side: null, complaint: false, unread: false, assignee: null });

  private next = $state<string | null>(null);
  private loadingMore = false;
  private held = false;
  private dirty = false;
  private wanted = 0;
  private countTimer: ReturnType<typeof setTimeout> | undefined;

  /** How many the view holds, pages not loaded yet included. */
  get size(): number {
    const told = this.next && app.view !== 'resolved' ? this.counts?.[app.view] : undefined;
    return Math.max(this.total, told ?? 0);
  }
  get(id: string): Row | undefined {
    void this.version;
    return this.all.get(id);
  }
  /** The same without depending on it. */
  peek(id: string): Row | undefined {
    return this.all.get(id);
  }
  known(): Iterable<Row> {
    return this.all.values();
  }

  /** Takes a whole conversation or a part of it; an older version of what is held is left alone. */
  put(part: Partial<api.Conversation> & { id: string }): void {
    const had = this.all.get(part.id);
    if (part.gone) {
      this.all.delete(part.id);
      return this.touch();
    }
    if (had && part.version !== undefined && part.version < had.version) return;
    if (had) this.all.set(part.id, { ...had, ...part, ...whoSaid(had, part) });
    else if (part.status && part.contact && part.opened_at) this.all.set(part.id, part as Row);
    else return void this.fetch(part.id);
    this.touch();
    this.countSoon();
  }
  private async fetch(id: string): Promise<void> {
    try {
      this.put(await api.getConversation(id));
    } catch (err) {
      if (!(err instanceof api.ApiError) || err.problem.status !== 404) app.fail(err);
    }
  }
  forget(id: string): void {
    this.all.delete(id);
    this.touch();
  }

  // ── the view ──

  /** Loads the first page of the present view; what is known of it is shown meanwhile. */
  async load(): Promise<void> {
    const ask = ++this.wanted;
    this.next = null;
    this.arrange(true);
    if (this.order.length === 0) this.state = 'loading';
    const slow = setTimeout(() => {
      if (this.wanted === ask && this.state === 'loading') this.state = 'slow';
    }, 150);
    try {
      const page = await api.listConversations({ view: app.view, limit: 100 });
      if (ask !== this.wanted) return;
      for (const c of page.items) this.all.set(c.id, c);
      this.next = page.next;
      this.state = 'ready';
      this.loadedAt = Date.now();
      this.arrange(true);
    } catch (err) {
      if (ask !== this.wanted) return;
      this.state = this.order.length > 0 ? 'ready' : 'error';
      if (err instanceof api.ApiError && err.problem.status === 401) app.signedOut();
    } finally {
      clearTimeout(slow);
    }
  }
  async more(): Promise<void> {
    if (!this.next || this.loadingMore) return;
    this.loadingMore = true;
    const ask = this.wanted;
    try {
      const page = await api.listConversations({ view: app.view, limit: 100, cursor: this.next });
      if (ask !== this.wanted) return;
      for (const c of page.items) this.all.set(c.id, c);
      this.next = page.next;
      this.arrange(true);
    } catch (err) {
      app.fail(err);
    } finally {
      this.loadingMore = false;
    }
  }

  /** Somebody looks at the list: nothing may move. */
  hold(still: boolean): void {
    this.held = still;
    if (!still && this.fresh > 0) this.settle();
  }
  /** Sorts now, with a slide. */
  settle(): void {
    this.sliding = true;
    this.arrange(true);
    setTimeout(() => (this.sliding = false), 200);
  }

  private touch(): void {
    if (this.dirty) return;
    this.dirty = true;
    requestAnimationFrame(() => {
      this.dirty = false;
      this.arrange(!this.held);
    });
  }

  private arrange(move: boolean): void {
    const me = app.agent?.id ?? '';
    const { side, complaint, unread, assignee } = this.filters;
    const counted: Record<api.Side, number> = { buyer: 0, seller: 0, advertiser: 0 };
    const rows: Row[] = [];
    let total = 0;
    for (const c of this.all.values()) {
      const open = c.id === app.conversation && this.order.includes(c.id); // the open row stays until it is left
      if (!belongs(c, app.view, me) && !open) continue;
      total++;
      if (c.side) counted[c.side]++;
      if (side && c.side !== side) continue;
      if (complaint && !c.complaint) continue;
      if (unread && c.unread === 0) continue;
      if (assignee && c.assignee?.id !== assignee) continue;
      rows.push(c);
    }
    rows.sort((a, b) => compare(a, b, app.view));
    const sorted = rows.map((c) => c.id);
    this.sides = counted;
    this.total = total;
    this.version++;
    if (move) {
      this.order = sorted;
      this.yours = rows.filter((c) => rank(c) === 0).length;
      this.fresh = 0;
      return;
    }
    const before = new Map(this.order.map((id, i) => [id, i]));
    const kept = sorted.filter((id) => before.has(id));
    let moved = 0;
    let last = -1;
    for (const id of kept) {
      const at = before.get(id) ?? 0;
      if (at < last) moved++;
      else last = at;
    }
    this.fresh = sorted.length - kept.length + moved;
  }
  /** After a filter was changed. */
  refilter(): void {
    this.arrange(true);
  }

  // ── the numbers of the rail ──

  async count(): Promise<void> {
    try {
      this.counts = await api.getCounts();
    } catch (err) {
      if (err instanceof api.ApiError && err.problem.status === 401) app.signedOut();
      else if (!(err instanceof api.ApiError)) throw err; // offline or busy: the last known numbers stay
    }
  }
  private countSoon(): void {
    this.countTimer ??= setTimeout(() => {
      this.countTimer = undefined;
      void this.count();
    }, 1500);
  }
}

export const lists = new Lists();

/** Who wrote the last words is kept when the same words come again without it. */
function whoSaid(had: Row, part: Partial<api.Conversation>): Pick<Row, 'last_message'> | undefined {
  const [old, now] = [had.last_message, part.last_message];
  if (!old || !now || now.author.id || old.seq !== now.seq) return undefined;
  return { last_message: { ...now, author: old.author } };
}
