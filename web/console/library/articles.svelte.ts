// The authors' list as this console knows it: read when the room is entered and after every step.
import * as rest from '../api';
import { app } from '../state/app.svelte';
import * as api from './api';
import { listQuestions } from './insight';
import { countState, groupsOf, isStale, keeps, languages, sectionName, topicsOf, type Wish } from './list';

class Articles {
  rows = $state.raw<api.Row[] | null>(null);
  shelves = $state.raw<api.Shelf[]>([]);
  help = $state.raw<ReadonlyMap<string, api.Told>>(new Map());
  failed = $state('');
  /** What the next new article begins with, for whoever sends an author here: opened by #settings/articles/new. */
  seed: (Partial<api.Content> & { locale?: string }) | null = null;
  /** How many questions no article answers; null: not known. */
  unanswered = $state<number | null>(null);
  /** A screen about all articles holds changes that are not saved. */
  unsaved = $state(false);
  words = $state('');
  filter = $state<Wish['filter']>('all');
  /** Articles whose text holds the words, by the readers' own search. */
  private found = $state.raw<{ words: string; ids: ReadonlySet<string> }>({ words: '', ids: new Set() });

  readonly locales = $derived(languages(this.rows ?? [], ['pl', 'en']));
  readonly topics = $derived(topicsOf(this.rows ?? [], app.locale));
  readonly stale = $derived(this.topics.filter(isStale).length);
  readonly states = $derived(countState(this.rows ?? []));
  readonly groups = $derived.by(() => {
    const wish: Wish = { words: this.words, filter: this.filter, found: this.found.words === this.words.trim() ? this.found.ids : new Set() };
    return groupsOf(this.topics.filter((t) => keeps(t, wish)), this.shelves, app.locale);
  });
  /** As they stand on the screen, for the arrows. */
  readonly order = $derived(this.groups.flatMap((g) => g.topics));
  readonly sections = $derived([...new Set([...this.shelves.filter((s) => s.kind === 'section').map((s) => s.key), ...(this.rows ?? []).map((r) => r.section)])].filter(Boolean).sort((a, b) => a.localeCompare(b, app.locale)));

  async load(): Promise<void> {
    try {
      this.rows = (await api.listManuscripts()).items;
      this.failed = '';
    } catch (err) {
      this.failed = app.why(err);
    }
  }
  /** Figures and shelves are beside the point: the list stands without them. */
  async around(): Promise<void> {
    const now = new Date();
    const [shelves, help, asked] = await Promise.allSettled([api.listShelves(), api.listHelp(new Date(now.getTime() - 30 * 86_400_000), now), listQuestions()]);
    if (shelves.status === 'fulfilled') this.shelves = shelves.value.items;
    if (help.status === 'fulfilled') this.help = new Map((help.value.articles ?? []).map((a) => [a.id, a]));
    if (asked.status === 'fulfilled') this.unanswered = asked.value.questions;
  }
  row(id: string | null): api.Row | undefined {
    return this.rows?.find((r) => r.id === id);
  }
  /** All languages of a topic. */
  topic(id: string): api.Row[] {
    return this.rows?.filter((r) => r.topic === id) ?? [];
  }
  section(key: string): string {
    return sectionName(key, this.shelves, app.locale);
  }

  /** Looks for the words in the texts as well, where titles have had their say. */
  look(words: string, signal: AbortSignal): void {
    const asked = words.trim();
    if (asked.length < 3) return;
    void Promise.allSettled(this.locales.map((l) => api.searchTexts(asked, l, signal))).then((all) => {
      if (signal.aborted) return;
      this.found = { words: asked, ids: new Set(all.flatMap((a) => (a.status === 'fulfilled' ? a.value.items.map((i) => i.id) : []))) };
      const lost = all.find((a) => a.status === 'rejected' && a.reason instanceof rest.ApiError && a.reason.problem.status === 401);
      if (lost) app.signedOut();
    });
  }

  /** A step has changed an article: its row at once, what follows from it when the list is read again. */
  changed(m: api.Manuscript): void {
    const old = this.row(m.id);
    const shown = m.version > 0 || !m.draft ? m : m.draft;
    const row: api.Row = {
      id: m.id, topic: m.topic, locale: m.locale, slug: shown.slug ?? '', title: shown.title ?? '', summary: shown.summary ?? '', section: shown.section ?? '', sides: shown.sides ?? [], tags: shown.tags ?? [],
      url: `/help/${m.locale}/${shown.slug ?? ''}`, updated_at: m.updated_at, version: m.version, numbers: m.numbers, draft: m.draft?.state ?? '', ...(m.stale ? { stale: m.stale } : {}),
    };
    this.rows = old ? (this.rows ?? []).map((r) => (r.id === m.id ? row : r)) : [...(this.rows ?? []), row];
  }
  gone(id: string): void {
    this.rows = this.rows?.filter((r) => r.id !== id) ?? null;
  }
}

export const articles = new Articles();
