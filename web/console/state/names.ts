// Small facts about channels, lines and people that several places show.

const icons: Record<string, string> = {
  chat: 'chat', email: 'mail', form: 'form', phone: 'phone', walk_in: 'user', messenger: 'messenger',
  facebook: 'facebook', instagram: 'instagram', whatsapp: 'whatsapp', telegram: 'telegram', allegro: 'allegro',
  webhook: 'webhook',
};

/** The sign of a channel; one we do not know yet is drawn as a globe. */
export const channelIcon = (channel: string) => icons[channel] ?? 'globe';

/** What a chat takes of an agent's capacity: one line of those that are drawn. */
export const LINE = 4;

/** Load and capacity as lines: how many are taken, of how many, and whether it is more than there are. */
export function linesOf(load: number, capacity: number): { taken: number; all: number; over: boolean; free: number } {
  const all = Math.min(12, Math.round(capacity / LINE));
  const taken = Math.min(all, Math.ceil(load / LINE));
  return { taken, all, over: load > capacity, free: Math.max(0, all - taken) };
}

/** "184 KB", "2,4 MB" */
export function bytes(n: number, locale: string): string {
  if (n < 1000) return `${n} B`;
  if (n < 1_000_000) return `${Math.round(n / 1000)} KB`;
  return `${(n / 1_000_000).toLocaleString(locale, { maximumFractionDigits: 1 })} MB`;
}
