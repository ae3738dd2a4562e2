// By which way an answer leaves: the conversation's own, a person's right after the free window, an approved template, a
// mail, or privately instead of below a post. One for each composer.
import * as api from '../api';
import type { Row } from './lists.svelte';
import { measureOf, type Measure } from './portions';
import { standing, ways, type Way } from './window';

/** Channels on which an answer can name the message that it answers. */
const naming = ['messenger', 'facebook', 'instagram', 'whatsapp', 'telegram', 'webhook'];
export const namesMessages = (channel: string) => naming.includes(channel);

export class WayOut {
  now = $state(Date.now());
  /** Set when the server said that the window is shut, whatever the clock here says. */
  private refused = $state<string | null>(null);
  private contact = $state.raw<{ of: string; is: api.Contact } | null>(null);
  private wish = $state<Way | null>(null);
  /** Below a post: to the person alone. */
  private = $state(false);
  /** The seq of the message that is answered in particular. */
  answers = $state<number | null>(null);

  constructor(private readonly row: () => Row) {}

  private readonly c = $derived.by(() => this.row());
  readonly known = $derived(this.contact?.of === this.c.contact.id ? this.contact.is : undefined);
  readonly standing = $derived(standing(this.c.window, this.now));
  readonly shut = $derived(this.standing.passage === 'shut' || (this.refused !== null && this.refused === this.ends));
  readonly options = $derived(this.shut ? ways(this.c.window, this.known) : []);
  /** What sending does now. none: nothing can be sent. */
  readonly mode = $derived<'own' | 'human' | Way | 'none'>(this.decide());
  readonly public = $derived(this.c.channel === 'facebook' && !this.private);
  /** The channel by which it leaves. */
  readonly channel = $derived(this.mode === 'email' ? 'email' : this.c.channel === 'facebook' && this.private ? 'messenger' : this.c.channel);
  readonly measure = $derived<Measure>(measureOf(this.channel, this.c.matters?.some((m) => m.kind === 'issue') ?? false));
  /** What the frame says. */
  readonly via = $derived(this.channel === this.c.channel ? undefined : this.channel);
  /** The address is still being asked for: what is possible is not known. */
  readonly unsure = $derived(this.shut && this.known === undefined);

  private decide(): 'own' | 'human' | Way | 'none' {
    if (!this.shut) return this.standing.passage === 'human' ? 'human' : 'own';
    return this.wish && this.options.includes(this.wish) ? this.wish : (this.options[0] ?? 'none');
  }
  private get ends(): string {
    return this.c.window?.until ?? '';
  }

  /** The server refused for the window; what the customer writes next opens it again. */
  refuse(): void {
    this.refused = this.ends;
  }
  choose(way: Way): void {
    this.wish = way;
  }
  /** Asks for the customer's address once it matters. */
  async ask(): Promise<void> {
    const of = this.c.contact.id;
    if (this.contact?.of === of) return;
    try {
      this.contact = { of, is: await api.getContact(of) };
    } catch (err) {
      if (!(err instanceof api.ApiError)) throw err;
      this.contact = { of, is: { id: of, name: '', verified: false, created_at: '' } }; // nothing is known: no address to offer
    }
  }
}
