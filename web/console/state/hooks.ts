// The book of webhooks for people: why a post ended as it did, which of them share a cause, and a raw body that can be read.
import type { Hook, HookOutcome } from '../api';
import type { Blanks } from '../../words';

type Translate = (key: string, blanks?: Blanks) => string;

export const hookSigns: Record<HookOutcome, { icon: string; tone: '' | 'ok' | 'q' | 'b' | 'm' }> = {
  taken: { icon: 'done', tone: 'ok' },
  nothing: { icon: 'loop', tone: 'm' },
  repeated: { icon: 'copy', tone: 'm' },
  unread: { icon: 'lock', tone: 'q' },
  forged: { icon: 'flag', tone: 'b' },
  new: { icon: 'clock', tone: 'm' },
};

/** A cause in the reader's language, by the last word of its code; else in the program's own words. */
export function hookCause(t: Translate, cause: Hook['cause']): string {
  if (!cause?.code) return '';
  const key = `hook.cause.${cause.code.slice(cause.code.lastIndexOf('.') + 1)}`;
  const text = t(key, { detail: cause.detail ?? '' });
  if (text === key) return cause.detail || cause.code;
  return text.replace(/[:,]\s*$/, '');
}

/** The things that a post told, by kind: "message 1, delivery 3" in the reader's language. */
function told(t: Translate, cause: Hook['cause']): string {
  if (cause?.code !== 'read' || !cause.detail) return '';
  const parts = cause.detail.split(', ').map((part) => {
    const [, kind = '', n = ''] = /^(\w+) (\d+)$/.exec(part) ?? [];
    const key = `hook.kind.${kind}`;
    const text = t(key, { n: Number(n) });
    return kind && text !== key ? text : part;
  });
  return parts.join(', ');
}

/** The line's reason: of a post that was taken, what it brought and where to. */
export function hookReason(t: Translate, h: Hook): string {
  if (h.outcome === 'new') return t('hook.reading');
  if (h.outcome === 'taken') {
    const what = told(t, h.cause) || (h.messages > 0 ? t('hook.messages', { n: h.messages }) : t('hook.items', { n: h.items }));
    return h.number ? t('hook.in', { what, n: String(h.number) }) : what;
  }
  if (h.outcome === 'forged') return hookCause(t, h.cause) || t('hook.cause.forged');
  return hookCause(t, h.cause) || t(h.outcome === 'repeated' ? 'hook.cause.repeated' : 'hook.cause.none');
}

const causeKey = (h: Hook) => JSON.stringify([h.inbox, h.cause?.code ?? '', h.cause?.detail ?? '']);
export const sameCause = (a: Hook, b: Hook): boolean => causeKey(a) === causeKey(b);

/** The largest set of unread posts of one inbox with one cause, the newest first; empty without any. */
export function largest(unread: Hook[]): Hook[] {
  const sets = new Map<string, Hook[]>();
  for (const h of unread.filter((x) => x.outcome === 'unread' && x.has_body)) sets.set(causeKey(h), [...(sets.get(causeKey(h)) ?? []), h]);
  return [...sets.values()].sort((a, b) => b.length - a.length)[0] ?? [];
}

/** Pieces of a text: what is not marked, and what is. */
export interface Piece {
  text: string;
  mark: boolean;
}

/** Letters that were escaped, as letters; what a text could not hold, such as the end of a line, stays escaped. */
const letters = (s: string) =>
  s.replace(/(?<!\\)((?:\\\\)*)\\u([0-9a-fA-F]{4})/g, (whole, slashes: string, hex: string) => {
    const code = parseInt(hex, 16);
    return code < 0xa0 || (code >= 0x2000 && code < 0x2070) || code === 0xfeff ? whole : slashes + String.fromCharCode(code);
  });

/** JSON on lines of its own, every number as it came and letters to be read; what is no JSON stays as it is. */
export function pretty(raw: string): string {
  try {
    JSON.parse(raw);
  } catch {
    return raw;
  }
  let out = '';
  let depth = 0;
  const line = () => '\n' + '  '.repeat(depth);
  for (let i = 0; i < raw.length; i++) {
    const c = raw[i] as string;
    if (c === '"') {
      const from = i;
      for (i++; raw[i] !== '"'; i++) if (raw[i] === '\\') i++;
      out += letters(raw.slice(from, i + 1));
    } else if (c === '{' || c === '[') {
      const rest = /^\s*[}\]]/.exec(raw.slice(i + 1));
      if (rest) {
        out += c + (raw[i + rest[0].length] as string);
        i += rest[0].length;
      } else {
        depth++;
        out += c + line();
      }
    } else if (c === '}' || c === ']') {
      depth--;
      out += line() + c;
    } else if (c === ',') out += c + line();
    else if (c === ':') out += ': ';
    else if (!/\s/.test(c)) out += c;
  }
  return out;
}

/** What a sentence puts into quotation marks, the longest first. */
function quoted(detail: string): string[] {
  return [...detail.matchAll(/"([^"]+)"|„([^”"]+)[”"]|“([^”]+)”|`([^`]+)`|'([^']+)'/g)].map((m) => m.slice(1).find(Boolean) ?? '').filter(Boolean);
}

/** The body with the culprit marked that the cause names: `"side": "vendor"`, else the one word in quotation marks. */
export function culprit(body: string, detail: string | undefined): Piece[] {
  const names = quoted(detail ?? '');
  const escaped = (s: string) => s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const tries: RegExp[] = [];
  for (const key of names)
    for (const value of names) if (key !== value) tries.push(new RegExp(`(?<="${escaped(key)}":\\s*)"?${escaped(value)}"?`));
  for (const name of names) {
    const [key, value] = name.split(/:\s*/);
    if (key && value) tries.push(new RegExp(`(?<="${escaped(key)}":\\s*)"?${escaped(value)}"?`));
    tries.push(new RegExp(`"${escaped(name)}"`));
  }
  for (const re of tries) {
    const m = re.exec(body);
    if (m && m[0]) return [{ text: body.slice(0, m.index), mark: false }, { text: m[0], mark: true }, { text: body.slice(m.index + m[0].length), mark: false }];
  }
  return [{ text: body, mark: false }];
}
