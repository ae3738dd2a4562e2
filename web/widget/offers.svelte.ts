// Articles that are offered under what was sent, while nobody has it yet: once for a conversation, the same when the
// window is opened again. Whoever says that one was enough may take it back for a while; then the conversation ends
// by their word.
import type { Article, Frame, ServerFrame, Talk } from '../protocol';
import { Latest } from '../wire';
import type { Client } from '../wire';

/** How long "that's enough for me" can be taken back before it counts. */
export const regret = 10_000;
const most = 3;

export interface Offer {
  conversation: string;
  query: string;
  articles: Article[];
  state: 'offered' | 'solved' | 'unsolved';
  /** Which one was enough, and until when that can be taken back. */
  solved?: string;
  until?: number;
  ended?: boolean;
}

interface Around {
  storage: Storage | null;
  name: string;
  talk: () => Talk | null;
  tell: (article: string, kind: 'solved' | 'unsolved', conversation: string) => void;
}

export class Offers {
  now = $state.raw<Offer | null>(null);
  readonly #latest = new Latest();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly client: Pick<Client, 'request'>,
    private readonly around: Around,
  ) {
    try {
      this.now = JSON.parse(around.storage?.getItem(around.name) ?? 'null') as Offer | null;
    } catch {
      this.now = null; // not ours
    }
  }

  /** What is to be shown in the conversation that is on the screen. */
  get shown(): Offer | null {
    const talk = this.around.talk();
    const offer = this.now;
    if (!talk || offer?.conversation !== talk.id) return null;
    if (offer.state === 'solved') return offer;
    return offer.state === 'offered' && talk.status === 'waiting' && !talk.assignee ? offer : null;
  }

  /** Words of a conversation were taken. */
  async ask(conversation: string, text: string): Promise<void> {
    const talk = this.around.talk();
    if (this.now?.conversation === conversation || talk?.id !== conversation || talk.status !== 'waiting') return;
    try {
      const answer = (await this.#latest.of(() => this.client.request({ type: 'suggest', text: text.slice(0, 500), conversation }))) as Frame<ServerFrame, 'suggestions'> | undefined;
      if (!answer || answer.articles.length === 0) return;
      this.#keep({ conversation, query: text.slice(0, 500), articles: answer.articles.slice(0, most), state: 'offered' });
    } catch {
      return; // a help that does not come is not missed
    }
  }

  /** The conversation is this way now: what was said before the page went away still counts. */
  follow(): void {
    const offer = this.now;
    if (offer?.state !== 'solved' || offer.ended || offer.conversation !== this.around.talk()?.id) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#end(), Math.max(0, (offer.until ?? 0) - Date.now()));
  }

  enough(article: Article): void {
    const offer = this.shown;
    if (!offer) return;
    this.around.tell(article.id, 'solved', offer.conversation);
    this.#keep({ ...offer, state: 'solved', solved: article.id, until: Date.now() + regret });
    this.follow();
  }

  undo(): void {
    const offer = this.now;
    if (offer?.state !== 'solved' || offer.ended) return;
    clearTimeout(this.#timer);
    if (offer.solved) this.around.tell(offer.solved, 'unsolved', offer.conversation);
    this.#keep({ conversation: offer.conversation, query: offer.query, articles: offer.articles, state: 'offered' });
  }

  /** None of them helped; a person will. */
  unsolved(): void {
    const offer = this.shown;
    if (!offer) return;
    for (const a of offer.articles) this.around.tell(a.id, 'unsolved', offer.conversation);
    this.#keep({ ...offer, state: 'unsolved' });
  }

  /** More is written: it was not enough after all. */
  goesOn(): void {
    if (this.now?.state !== 'solved' || this.now.ended) return;
    this.undo();
    if (this.now) this.#keep({ ...this.now, state: 'unsolved' });
  }

  async #end(): Promise<void> {
    const offer = this.now;
    const talk = this.around.talk();
    if (offer?.state !== 'solved' || offer.ended) return;
    if (talk?.id === offer.conversation && talk.status === 'waiting') {
      try {
        await this.client.request({ type: 'conversation.end', conversation: offer.conversation });
      } catch {
        this.#timer = setTimeout(() => void this.#end(), 5_000);
        return;
      }
    }
    this.#keep({ ...offer, ended: true }); // or a person has it: they see that it was enough
  }

  #keep(offer: Offer): void {
    this.now = offer;
    try {
      this.around.storage?.setItem(this.around.name, JSON.stringify(offer));
    } catch {
      return; // storage is full or forbidden: the offer lives as long as the page
    }
  }
}
