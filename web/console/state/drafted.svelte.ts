// A draft of the language model's in the composer of one conversation: asked for by a person, put where they write, and
// marked as the model's for as long as it stands there as it came. Sending is the composer's, and only ever a person's.
import type * as api from '../api';

export class Drafted {
  busy = $state(false);
  cut = $state(false);
  /** What the model wrote; '' when it wrote nothing that is still there. */
  text = $state('');
  #left = false;

  constructor(
    private readonly conversation: string,
    private readonly draft: (id: string) => Promise<api.AnswerDraft>,
    private readonly kept: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null,
  ) {
    this.text = kept?.getItem(this.#key) ?? '';
  }

  get #key(): string {
    return `centrala-drafted:${this.conversation}`;
  }

  /** Asks, and hands over what came, unless the composer was left meanwhile. Rejects with what the person is told. */
  async ask(insert: (text: string) => void): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const got = await this.draft(this.conversation);
      if (this.#left) return;
      insert(got.text);
      this.cut = got.cut;
      this.text = got.text;
      this.kept?.setItem(this.#key, got.text);
    } finally {
      this.busy = false;
    }
  }

  /** Whether what is written holds the model's words as they came. */
  marks(written: string): boolean {
    return this.text !== '' && written.includes(this.text);
  }

  /** To be told of every change: once the model's words are others, they are the person's. */
  changed(written: string): void {
    if (this.text === '' || this.marks(written)) return;
    this.text = '';
    this.kept?.removeItem(this.#key);
  }

  /** The composer is another conversation's now. */
  leave(): void {
    this.#left = true;
  }
}
