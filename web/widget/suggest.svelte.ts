// Articles that may already answer, while somebody types: after 120 ms of rest, from three letters, stale answers
// thrown away. Old ones stay until new ones come, so that nothing jumps.
import type { Article, Frame, ServerFrame, Side } from '../protocol';
import { Latest, Refused } from '../wire';
import type { Client } from '../wire';

const rest = 120;
const letters = 3;

export class Suggest {
  articles = $state.raw<Article[]>([]);
  query = $state('');
  /** The article that was enough, until it is undone or something new is written. */
  solved = $state.raw<Article | null>(null);

  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #latest = new Latest();
  #abort: AbortController | null = null;

  constructor(
    private readonly client: Client,
    private readonly context: () => { locale: string; side: Side | null; conversation: string | null; headers: Record<string, string> },
  ) {}

  changed(text: string): void {
    clearTimeout(this.#timer);
    this.#latest.drop();
    this.#abort?.abort();
    const query = text.trim();
    if (query !== '') this.solved = null;
    if ([...query.matchAll(/\p{L}/gu)].length < letters) {
      this.articles = [];
      return;
    }
    this.#timer = setTimeout(() => void this.#ask(query.slice(0, 500)), rest);
  }

  clear(): void {
    this.changed('');
  }

  enough(article: Article): void {
    this.tell(article.id, 'solved');
    this.articles = [];
    this.solved = article;
  }

  undo(): void {
    if (this.solved) this.tell(this.solved.id, 'unsolved');
    this.solved = null;
  }

  async #ask(query: string): Promise<void> {
    try {
      const found = await this.#latest.of(() => (this.client.connection.live ? this.#bySocket(query) : this.#byHTTP(query)));
      if (!found) return;
      this.articles = found;
      this.query = query;
    } catch {
      this.articles = []; // suggestions are a help, never a hindrance: the row goes
    }
  }

  async #bySocket(text: string): Promise<Article[]> {
    const { side } = this.context();
    const answer = (await this.client.request({ type: 'suggest', text, ...(side ? { side } : {}) })) as Frame<ServerFrame, 'suggestions'>;
    return answer.articles;
  }

  async #byHTTP(q: string): Promise<Article[]> {
    const { locale, side, headers } = this.context();
    this.#abort = new AbortController();
    const query = new URLSearchParams({ q, locale, limit: '3', prefix: 'true', ...(side ? { side } : {}) });
    const response = await fetch(`/v1/articles/search?${query}`, { signal: this.#abort.signal, credentials: 'omit', headers });
    if (!response.ok) return [];
    return ((await response.json()) as { items: Article[] }).items;
  }

  /** Says what became of an article; within a conversation when it was offered there. */
  tell(article: string, kind: 'opened' | 'solved' | 'unsolved', conversation = this.context().conversation): void {
    this.client.request({ type: 'article.feedback', article, kind, ...(conversation ? { conversation } : {}) }).catch((err: unknown) => {
      if (err instanceof Refused && err.frame.retry) setTimeout(() => this.tell(article, kind, conversation), 5_000);
    }); // a count that did not arrive is not worth a word to the person
  }
}
