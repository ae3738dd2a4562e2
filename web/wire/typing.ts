// Who is typing. Ours is told when it begins, at most every three seconds while it goes on, and when it ends;
// theirs is over six seconds after the last word of it.

const repeat = 3_000;
const rest = 5_000;
const expiry = 6_000;
type Timer = ReturnType<typeof setTimeout>;

export class OwnTyping {
  #toldAt = 0;
  #timer: Timer | undefined;

  /** tell sends the typing frame. */
  constructor(private readonly tell: (on: boolean) => void) {}

  /** To be called with every change of the text, also when it was sent and is empty. */
  changed(text: string): void {
    clearTimeout(this.#timer);
    if (text.trim() === '') return this.#end();
    if (Date.now() - this.#toldAt >= repeat) {
      this.#toldAt = Date.now();
      this.tell(true);
    }
    this.#timer = setTimeout(() => this.#end(), rest);
  }

  #end(): void {
    clearTimeout(this.#timer);
    if (this.#toldAt === 0) return;
    this.#toldAt = 0;
    this.tell(false);
  }
}

export class OthersTyping {
  readonly #names = new Map<string, { name: string; timer: Timer }>();

  /** changed is called whenever the list does. */
  constructor(private readonly changed: (names: string[]) => void) {}

  /** A typing frame, or (on false) a message of that author. */
  put(id: string, name: string, on: boolean): void {
    clearTimeout(this.#names.get(id)?.timer);
    const had = this.#names.delete(id);
    if (on) this.#names.set(id, { name, timer: setTimeout(() => this.put(id, name, false), expiry) });
    if (on || had) this.changed([...this.#names.values()].map((n) => n.name));
  }

  clear(): void {
    for (const { timer } of this.#names.values()) clearTimeout(timer);
    this.#names.clear();
    this.changed([]);
  }
}
