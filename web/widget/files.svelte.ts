// Files on their way into the next message.
import type { Attachment } from '../protocol';
import { Problem, upload } from '../wire';

export const maxBytes = 20 * 1024 * 1024;
export type FileFault = 'toobig' | 'type' | 'fail';

export interface Pending {
  id: number;
  file: File;
  fault: FileFault | null;
  done: Attachment | null;
}

/** Addresses of the person's own pictures of this visit, by attachment id, until the server's are there. */
const pictures = new Map<string, string>();
export const ownPicture = (id: string) => pictures.get(id);

export class Files {
  list = $state.raw<Pending[]>([]);
  #count = 0;
  readonly #aborts = new Map<number, AbortController>();

  constructor(private readonly headers: () => Record<string, string>) {}

  get busy(): boolean {
    return this.list.some((p) => !p.done && !p.fault);
  }

  add(files: Iterable<File>): void {
    for (const file of files) {
      const fault = file.size > maxBytes ? ('toobig' as const) : null;
      const pending: Pending = { id: ++this.#count, file, fault, done: null };
      this.list = [...this.list, pending];
      if (!fault) void this.#send(pending);
    }
  }

  retry(id: number): void {
    const pending = this.list.find((p) => p.id === id);
    if (!pending?.fault) return;
    this.#set(id, { fault: null });
    void this.#send(pending);
  }

  remove(id: number): void {
    this.#aborts.get(id)?.abort();
    this.list = this.list.filter((p) => p.id !== id);
  }

  /** What is ready to be part of a message. */
  done(): Attachment[] {
    return this.list.flatMap((p) => p.done ?? []);
  }

  /** Forgets what went out; what failed stays to be decided. */
  clear(): void {
    this.list = this.list.filter((p) => !p.done);
  }

  async #send({ id, file }: Pending): Promise<void> {
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    try {
      const done = await upload(file, this.headers(), abort.signal);
      if (/^image\/(png|jpeg|gif|webp)$/.test(done.type)) pictures.set(done.id, URL.createObjectURL(file));
      this.#set(id, { done });
    } catch (err) {
      if (abort.signal.aborted) return;
      const status = err instanceof Problem ? err.status : 0;
      this.#set(id, { fault: status === 413 ? 'toobig' : status === 415 || status === 422 ? 'type' : 'fail' });
    } finally {
      this.#aborts.delete(id);
    }
  }

  #set(id: number, change: Partial<Pending>): void {
    this.list = this.list.map((p) => (p.id === id ? { ...p, ...change } : p));
  }
}
