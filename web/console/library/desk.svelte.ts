// The article on the desk: what is typed, whether the server has it, and the steps of its draft. One at a time; an
// earlier one goes on saving until it has nothing left to say.
import { ApiError } from '../api';
import { app } from '../state/app.svelte';
import * as api from './api';
import { articles } from './articles.svelte';
import { patience, rested, step, unsaved, type Happening, type Saving } from './autosave';
import { both } from './difference';
import { alike, blank, contentOf, formOf, typedOf, type Form } from './form';
import { keeper } from './kept';
import { slugOf } from './list';

type Content = api.Content;

const rest = 1200; // ms without a key before it is saved

export class Desk {
  /** Null: it is not begun yet, and gets its id with the first save. */
  id = $state<string | null>(null);
  locale = $state('pl');
  topic = $state('');
  m = $state.raw<api.Manuscript | null>(null);
  f = $state<Form>(formOf(blank()));
  saving = $state.raw<Saving>(rested(0));
  savedAt = $state.raw<Date | null>(null);
  /** What somebody else saved while this was typed. */
  theirs = $state.raw<api.Draft | null>(null);
  wrong = $state.raw<{ field: string; text: string } | null>(null);
  /** What keeps the whole article from being shown. */
  failed = $state('');
  basis = $state(0);
  base = $state(0);
  busy = $state(false);
  /** Counts up when a file is added. */
  files = $state(0);
  /** Begins when what is kept in this browser cannot be kept any more. */
  frail = $state(false);
  private slugged = false; // somebody chose the address by hand, or readers know it
  private last = blank(); // as the server has it
  private timer: ReturnType<typeof setTimeout> | undefined;
  private keep: ReturnType<typeof keeper>;
  private away = false;
  private waiting: (() => void)[] = [];

  constructor(agent: string) {
    this.keep = keeper(agent);
  }

  readonly draft = $derived(this.m?.draft ?? null);
  readonly published = $derived((this.m?.version ?? 0) > 0);
  readonly next = $derived((this.m?.numbers ?? 0) + 1);
  /** There is something to publish. */
  readonly fresh = $derived(!!this.draft || unsaved(this.saving) || this.id === null);
  readonly unsaved = $derived(unsaved(this.saving));
  readonly original = $derived(this.id === null || this.topic === this.id);
  readonly url = $derived(`/help/${this.locale}/${this.f.slug || slugOf(this.f.title)}`);
  /** A version came out over which this draft was not written. */
  readonly overtaken = $derived(!!this.draft && this.base < (this.m?.numbers ?? 0));

  async open(id: string): Promise<void> {
    this.id = id;
    try {
      this.read(await api.getManuscript(id));
      this.recover();
    } catch (err) {
      this.failed = app.why(err);
    }
  }
  /** An article that is not there yet. */
  blank(locale: string, seed: Partial<Content> | null): void {
    this.locale = locale;
    const kept = seed ? null : this.keep.get('new');
    this.last = blank();
    this.f = formOf(kept?.content ?? { ...this.last, ...seed });
    if (kept || seed) this.typed();
  }
  private read(m: api.Manuscript): void {
    this.m = m;
    this.locale = m.locale;
    this.topic = m.topic;
    this.last = contentOf(m.draft ?? m);
    this.f = formOf(this.last);
    this.base = m.draft?.base ?? m.numbers;
    this.basis = (m.draft ? m.draft.basis : m.basis) ?? 0;
    this.saving = rested(m.draft?.save ?? 0);
    this.savedAt = m.draft ? new Date(m.draft.saved_at) : null;
    this.slugged = m.numbers > 0 || this.last.slug !== slugOf(this.last.title);
    this.failed = '';
  }
  /** What was typed in this browser and did not reach the server. */
  private recover(): void {
    const kept = this.id ? this.keep.get(this.id) : null;
    if (!kept || !this.m) return;
    if (alike(kept.content, this.last)) return void this.keep.set(this.id ?? '', null);
    this.f = formOf(kept.content);
    if (kept.save === this.saving.save) {
      [this.base, this.basis] = [kept.base, kept.basis];
      this.typed();
    } else this.clash(this.m);
  }

  // ── saving ──

  /** What the fields say now. */
  get content(): Content {
    const c = typedOf($state.snapshot(this.f));
    return this.slugged || this.m?.numbers ? c : { ...c, slug: slugOf(c.title) };
  }
  typed(): void {
    this.wrong = null;
    this.store();
    this.happen({ kind: 'typed' });
  }
  /** An address by hand; an empty one follows the title again. */
  slug(value: string): void {
    this.slugged = value !== '';
    this.f.slug = value;
    this.typed();
  }
  /** Now, without waiting for a rest. */
  save(): void {
    this.happen({ kind: 'due' });
  }
  private store(): void {
    const ok = this.keep.set(this.id ?? 'new', { content: this.content, save: this.saving.save, base: this.base, basis: this.basis, at: new Date().toISOString() });
    this.frail = !ok;
  }
  private happen(e: Happening): void {
    const [next, deed] = step(this.saving, e);
    this.saving = next;
    if (deed !== null || next.phase === 'rest' || next.phase === 'clash') clearTimeout(this.timer);
    if (deed === 'send') void this.send();
    if (deed === 'wait') this.timer = setTimeout(() => this.happen({ kind: 'due' }), this.away ? 0 : rest);
    if (deed === 'retry') this.timer = setTimeout(() => this.happen({ kind: 'due' }), patience(next.tries));
    if (next.phase !== 'typing' && next.phase !== 'saving') this.waiting.splice(0).forEach((go) => go());
  }
  private async send(): Promise<void> {
    const sent = this.content;
    if (sent.title === '') {
      this.wrong = { field: 'title', text: app.t('lib.title.need') };
      return this.happen({ kind: 'failed', how: 'refused' });
    }
    try {
      if (this.id === null) await this.begin(sent);
      else {
        const draft = await api.saveDraft(this.id, { ...sent, save: this.saving.save, base: this.base, basis: this.basis });
        this.arrived(draft, sent);
      }
    } catch (err) {
      await this.refused(err, sent);
    }
  }
  private async begin(sent: Content): Promise<void> {
    const m = await api.beginArticle({ ...sent, locale: this.locale });
    this.id = m.id;
    this.topic = m.topic;
    this.keep.set('new', null);
    this.m = m;
    articles.changed(m);
    if (!this.away) app.rename(`settings/articles/${m.id}`);
    if (m.draft) this.arrived(m.draft, sent);
  }
  private arrived(draft: api.Draft, sent: Content): void {
    this.last = sent;
    this.savedAt = new Date(draft.saved_at);
    if (this.m) {
      this.m = { ...this.m, draft };
      articles.changed(this.m);
    }
    this.happen({ kind: 'saved', save: draft.save });
    if (this.saving.phase === 'rest') this.keep.set(this.id ?? 'new', null);
    else this.store();
  }
  private async refused(err: unknown, sent: Content): Promise<void> {
    const p = err instanceof ApiError ? err.problem : null;
    if (p && (p.status === 0 || p.status >= 500 || p.status === 429)) return this.happen({ kind: 'failed', how: 'offline' });
    if (p?.code === 'conflict' && p.field === 'save' && this.id) {
      try {
        const m = await api.getManuscript(this.id);
        const theirs = contentOf(m.draft ?? m);
        if (alike(theirs, sent) || alike(theirs, this.last)) {
          // Only a step was taken, or the answer to an earlier try was lost: nobody's words are in the way.
          this.m = m;
          this.happen({ kind: 'failed', how: 'clash' });
          return this.happen({ kind: 'settled', save: m.draft?.save ?? 0, differs: !alike(theirs, this.content) });
        }
        this.happen({ kind: 'failed', how: 'clash' });
        return this.clash(m);
      } catch {
        return this.happen({ kind: 'failed', how: 'offline' });
      }
    }
    this.wrong = { field: (p?.field ?? '').replace(/^body\./, ''), text: app.why(err) };
    this.happen({ kind: 'failed', how: 'refused' });
  }

  // ── two authors ──

  private clash(m: api.Manuscript): void {
    this.m = m;
    this.theirs = m.draft ?? null;
    this.saving = { ...this.saving, phase: 'clash' };
    if (this.theirs) return;
    // Theirs is published or thrown away: ours begins a draft of its own over what there is now.
    this.base = m.numbers;
    this.happen({ kind: 'settled', save: 0, differs: true });
  }
  /** One text of two: mine, theirs, or both of them; the other is a press on Undo away. */
  settle(whose: 'mine' | 'theirs' | 'both'): void {
    const { theirs } = this;
    if (!theirs) return;
    const mine = this.content;
    const their = contentOf(theirs);
    this.theirs = null;
    this.base = Math.max(this.base, theirs.base);
    if (whose === 'theirs') this.f = formOf(their);
    if (whose === 'both') this.f = formOf({ ...mine, body: both(mine.body, their.body) });
    this.last = their;
    this.store();
    this.happen({ kind: 'settled', save: theirs.save, differs: whose !== 'theirs' });
    if (whose === 'theirs') this.keep.set(this.id ?? '', null);
    app.say({ text: app.t(`lib.clash.took.${whose}`), undo: () => this.put(whose === 'theirs' ? mine : whose === 'mine' ? their : mine) });
  }
  /** Another text in place of this one, saved as if it had been typed. */
  put(c: Content): void {
    this.f = formOf(c);
    this.slugged = this.slugged || c.slug !== slugOf(c.title);
    this.typed();
  }

  // ── steps ──

  /** Saves what is unsaved; whether the server has all of it then. */
  async settled(): Promise<boolean> {
    if (this.id !== null && !this.unsaved) return true;
    this.happen({ kind: 'typed' });
    this.happen({ kind: 'due' });
    while (this.saving.phase === 'typing' || this.saving.phase === 'saving') {
      await new Promise<void>((go) => this.waiting.push(go));
      if (this.saving.phase === 'typing') this.happen({ kind: 'due' });
    }
    return this.saving.phase === 'rest';
  }
  /** Carries a step out on a saved text; a refusal is thrown to whoever asked. */
  private async act(doing: (id: string) => Promise<api.Manuscript>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    try {
      if (!(await this.settled()) || !this.id) return false;
      const m = await doing(this.id);
      this.read(m);
      this.keep.set(m.id, null);
      articles.changed(m);
      void articles.load();
      return true;
    } finally {
      this.busy = false;
    }
  }
  publish = () => this.act((id) => api.publish(id, this.saving.save));
  schedule = (at: Date) => this.act((id) => api.schedule(id, at.toISOString()));
  review = (note: string) => this.act((id) => api.askReview(id, note));
  back = (note: string) => this.act((id) => api.sendBack(id, note));
  withdraw = () => this.act((id) => api.withdraw(id));
  restore = (number: number) => this.act((id) => api.restore(id, number));
  /** Says that the draft takes the newest version into account, and so may come out over it. */
  catchUp(): void {
    this.base = this.m?.numbers ?? this.base;
    this.typed();
  }
  /** Says which version of the original the translation says. */
  says(version: number): void {
    this.basis = version;
    this.typed();
  }
  /** Throws the draft away; what gives it back. */
  async discard(): Promise<() => void> {
    const { id, content, base, basis, m } = this;
    clearTimeout(this.timer);
    if (id && this.draft) await api.discardDraft(id);
    this.keep.set(id ?? 'new', null);
    this.saving = rested(0);
    if (id && m && m.numbers > 0 && this.published) {
      const now = await api.getManuscript(id);
      this.read(now);
      articles.changed(now);
      return () => {
        this.f = formOf(content);
        [this.base, this.basis] = [base, basis];
        this.typed();
        this.save();
      };
    }
    if (id) articles.gone(id);
    this.away = true;
    return () =>
      void api.beginArticle({ ...content, locale: this.locale, ...(m && m.topic !== id ? { topic: m.topic } : {}) }).then(
        (again) => {
          articles.changed(again);
          app.go(`settings/articles/${again.id}`);
        },
        (err: unknown) => app.fail(err),
      );
  }

  /** The desk is cleared: what is unsaved is sent at once, and stays in this browser until it has arrived. */
  leave(): void {
    this.away = true;
    if (this.saving.phase === 'typing' && this.content.title) this.happen({ kind: 'due' });
  }
  /** Everything that either of them shows is lost with the window: asks once before. */
  get precarious(): boolean {
    return this.saving.phase === 'clash' || this.saving.phase === 'refused' || (this.saving.phase === 'offline' && this.frail);
  }
}
