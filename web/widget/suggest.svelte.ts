// Articles that may already answer, while somebody types: after 120 ms of rest, from three letters, stale answers
// thrown away. Old ones stay until new ones come, so that nothing jumps.
import type { Article, Frame, ServerFrame, Side } from '../protocol';
import { Refused } from '../wire';
import type { Client } from '../wire';

const rest = 120;
const letters = 3;

export class Suggest {
  articles = $state.raw<Article[]>([]);
  query = $state('');
  /** The article that was enough, until it is undone or something new is written. */
  solved = $state.raw<Article | null>(null);

  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;
  #abort: AbortController | null = null;

  constructor(
    private readonly client: Client,
    private readonly context: () => { locale: string; side: Side | null; conversation: string | null },
  ) {}

  changed(text: string): void {
    clearTimeout(this.#timer);
    this.#asked++; // whatever is under way is stale now
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

  opened(article: Article): void {
    this.#tell(article, 'opened');
  }

  enough(article: Article): void {
    this.#tell(article, 'solved');
    this.articles = [];
    this.solved = article;
  }

  async #ask(query: string): Promise<void> {
    const mine = ++this.#asked;
    try {
      const found = this.client.connection.live ? await this.#bySocket(query) : await this.#byHTTP(query);
      if (mine !== this.#asked) return;
      this.articles = found;
      this.query = query;
    } catch {
      if (mine === this.#asked) this.articles = []; // suggestions are a help, never a hindrance: the row goes
    }
  }

  async #bySocket(text: string): Promise<Article[]> {
    const answer = (await this.client.request({ type: 'suggest', text })) as Frame<ServerFrame, 'suggestions'>;
    return answer.articles;
  }

  async #byHTTP(q: string): Promise<Article[]> {
    const { locale, side } = this.context();
    this.#abort = new AbortController();
    const query = new URLSearchParams({ q, locale, limit: '3', ...(side ? { side } : {}) });
    const response = await fetch(`/v1/articles/search?${query}`, { signal: this.#abort.signal });
    if (!response.ok) return [];
    return ((await response.json()) as { items: Article[] }).items;
  }

  #tell(article: Article, kind: 'opened' | 'solved'): void {
    const { conversation } = this.context();
    this.client
      .request({ type: 'article.feedback', article: article.id, kind, ...(conversation ? { conversation } : {}) })
      .catch((err: unknown) => {
        if (err instanceof Refused && err.frame.retry) setTimeout(() => this.#tell(article, kind), 5_000);
      }); // a count that did not arrive is not worth a word to the person
  }
}
