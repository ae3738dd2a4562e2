// What was searched for, kept while one moves between the hits and the rest of the console.
import * as api from '../api';
import { app } from './app.svelte';

class Search {
  query = $state('');
  side = $state<api.Side | null>(null);
  status = $state<api.Status | null>(null);
  complaint = $state(false);
  items = $state.raw<api.ConversationRow[]>([]);
  total = $state<number | null>(null);
  took = $state<number | null>(null);
  /** The words the items answer, when they are older than the query. */
  answered = $state('');
  state = $state<'idle' | 'asking' | 'slow' | 'ready' | 'error'>('idle');
  chosen = $state<string | null>(null);
  private next: string | null = null;
  private stop: AbortController | null = null;
  private slow: ReturnType<typeof setTimeout> | undefined;
  private since = 0;

  ask(query: string): void {
    this.query = query;
    void this.run();
  }
  cancel(): void {
    this.stop?.abort();
    this.state = this.answered ? 'ready' : 'idle';
  }
  get seconds(): number {
    return Math.round((Date.now() - this.since) / 1000);
  }
  async run(): Promise<void> {
    this.stop?.abort();
    clearTimeout(this.slow);
    const q = this.query.trim();
    if (q.length < 2) {
      this.state = 'idle';
      this.items = [];
      this.answered = '';
      return;
    }
    const stop = (this.stop = new AbortController());
    this.since = Date.now();
    this.state = 'asking';
    this.slow = setTimeout(() => (this.state = 'slow'), 2000);
    try {
      const page = await api.listConversations({ ...this.narrowed(q), limit: 30 }, stop.signal);
      if (stop !== this.stop) return;
      this.items = page.items;
      this.next = page.next;
      this.total = page.total ?? null;
      this.took = page.took_ms ?? Date.now() - this.since;
      this.answered = q;
      this.state = 'ready';
    } catch (err) {
      if (stop.signal.aborted) return;
      this.state = 'error';
      if (err instanceof api.ApiError && err.problem.status === 401) app.signedOut();
    } finally {
      if (stop === this.stop) clearTimeout(this.slow);
    }
  }
  async more(): Promise<void> {
    if (!this.next) return;
    const cursor = this.next;
    this.next = null;
    try {
      const page = await api.listConversations({ ...this.narrowed(this.answered), cursor, limit: 30 });
      this.items = [...this.items, ...page.items];
      this.next = page.next;
    } catch (err) {
      app.fail(err);
    }
  }
  private narrowed(q: string): api.ConversationQuery {
    return { q, ...(this.side ? { side: this.side } : {}), ...(this.status ? { status: this.status } : {}), ...(this.complaint ? { complaint: true } : {}) };
  }
}

export const search = new Search();
