// Contacts that are, or may be, one person: who is likely to be the same, what was joined, and what the dialogs are about.
import * as api from '../api';
import { app } from './app.svelte';

class Joins {
  private found = $state.raw<Record<string, api.Likeness[]>>({});
  private made = $state.raw<Record<string, api.Merger[]>>({});
  private readonly asked = new Set<string>();
  /** Grows when people were joined or parted: whoever shows one of them reads anew. */
  version = $state(0);
  /** Whom the dialog compares with; null: somebody is looked for. */
  other = $state.raw<api.Likeness | null>(null);
  /** What the other dialog undoes. */
  merger = $state.raw<{ contact: string; id: string; name: string; channels: string[] } | null>(null);

  likely(contact: string): api.Likeness[] {
    return this.found[contact] ?? [];
  }
  mergers(contact: string): api.Merger[] {
    return this.made[contact] ?? [];
  }
  /** Reads who may be the same, and what was joined. What cannot be read is not offered; the panel says that something is missing. */
  async load(contact: string): Promise<void> {
    const [likely, mergers] = await Promise.all([api.listLikely(contact), api.listMergers(contact)]);
    this.found = { ...this.found, [contact]: likely.items };
    this.made = { ...this.made, [contact]: mergers.items };
  }
  /** Reads them for an entry that tells of one, when nothing else has. */
  need(contact: string): void {
    if (this.made[contact] || this.asked.has(contact)) return;
    this.asked.add(contact);
    api.listMergers(contact).then(
      (all) => (this.made = { ...this.made, [contact]: all.items }),
      (err: unknown) => {
        this.asked.delete(contact); // the entry reads without a name, and asks again when it is shown next
        if (!(err instanceof api.ApiError)) throw err;
      },
    );
  }
  compare(other: api.Likeness | null): void {
    this.other = other;
    app.dialog = 'merge';
  }
  part(contact: string, m: { id: string; name?: string; channels: string[] }): void {
    this.merger = { contact, id: m.id, name: m.name || app.t('contact.anonymous'), channels: m.channels };
    app.dialog = 'part';
  }
  async merge(contact: string, other: api.Likeness): Promise<void> {
    const done = await api.mergeContacts(contact, other.contact.id);
    this.changed();
    const name = other.contact.name || app.t('contact.anonymous');
    app.say({ text: app.t('join.done', { name }), undo: () => void this.unmerge(done.contact.id, done.merger, name).catch((err: unknown) => app.fail(err)) });
  }
  async unmerge(contact: string, merger: string, name: string): Promise<void> {
    await api.unmergeContacts(contact, merger);
    this.changed();
    app.say({ text: app.t('part.done', { name }) });
  }
  async unlike(contact: string, other: api.Likeness): Promise<void> {
    await api.unlikeContacts(contact, other.contact.id);
    this.found = { ...this.found, [contact]: this.likely(contact).filter((l) => l.contact.id !== other.contact.id) };
    app.say({ text: app.t('unlike.done', { name: other.contact.name || app.t('contact.anonymous') }) });
  }
  private changed(): void {
    this.found = {};
    this.made = {};
    this.asked.clear();
    this.version++;
  }
}

export const joins = new Joins();
