/** Of several questions only the last one's answer counts, in whatever order answers come. */
export class Latest {
  #asked = 0;

  /** Whatever is under way is stale now. */
  drop(): void {
    this.#asked++;
  }

  /** What ask brings, or undefined when something else was asked meanwhile. Rejects only for the last one. */
  async of<T>(ask: () => Promise<T>): Promise<T | undefined> {
    const mine = ++this.#asked;
    try {
      const answer = await ask();
      return mine === this.#asked ? answer : undefined;
    } catch (err) {
      if (mine === this.#asked) throw err;
      return undefined;
    }
  }
}
