// An article that is read inside the window.
import type { Article } from '../protocol';
import { Latest } from '../wire';

/** As /widget/{inbox}/articles/{id} answers; html is made by the server and holds nothing that runs. */
export interface Shown {
  id: string;
  title: string;
  html: string;
  url?: string;
}

export class Shelf {
  /** What is on the screen: first only its title. */
  open = $state.raw<{ id: string; title: string; url: string; shown: Shown | null; failed: boolean } | null>(null);
  readonly #latest = new Latest();

  constructor(
    private readonly inbox: string,
    private readonly headers: () => Record<string, string>,
  ) {}

  async read(article: Pick<Article, 'id' | 'title' | 'url'>): Promise<void> {
    const { id, title, url } = article;
    this.open = { id, title, url, shown: null, failed: false };
    try {
      const shown = await this.#latest.of(async () => {
        const response = await fetch(`/widget/${this.inbox}/articles/${id}`, { credentials: 'omit', headers: this.headers() });
        if (!response.ok) throw new Error(String(response.status));
        return (await response.json()) as Shown;
      });
      if (shown && this.open) this.open = { ...this.open, shown };
    } catch {
      if (this.open) this.open = { ...this.open, failed: true }; // its own page is one touch away
    }
  }

  close(): void {
    this.#latest.drop();
    this.open = null;
  }
}
