// What the keys and buttons of the editor do to a text: each gives one replacement and where the selection is then, so
// that the browser's own undo takes it back. Pure.

export interface Place {
  text: string;
  start: number;
  end: number;
}
/** Replace [from, to) by insert, then select [start, end). */
export interface Edit {
  from: number;
  to: number;
  insert: string;
  start: number;
  end: number;
}

const lineStart = (text: string, at: number) => text.lastIndexOf('\n', at - 1) + 1;
const lineEnd = (text: string, at: number) => {
  const n = text.indexOf('\n', at);
  return n < 0 ? text.length : n;
};
const item = /^(\s*)(?:([-*+])|(\d{1,9})([.)]))(\s+)(?:\[[ xX]\]\s+)?/;

/** Puts a mark around the selection, or takes it off. */
export function wrap({ text, start, end }: Place, mark: string): Edit {
  const chosen = text.slice(start, end);
  const inner = chosen.trim();
  const [from, to] = [start + (chosen.length - chosen.trimStart().length), end - (chosen.length - chosen.trimEnd().length)];
  if (inner === '') return { from: start, to: end, insert: mark + chosen + mark, start: start + mark.length, end: end + mark.length };
  if (text.slice(from - mark.length, from) === mark && text.slice(to, to + mark.length) === mark)
    return { from: from - mark.length, to: to + mark.length, insert: inner, start: from - mark.length, end: to - mark.length };
  if (inner.startsWith(mark) && inner.endsWith(mark) && inner.length > 2 * mark.length) {
    const bare = inner.slice(mark.length, -mark.length);
    return { from, to, insert: bare, start: from, end: from + bare.length };
  }
  return { from, to, insert: mark + inner + mark, start: from + mark.length, end: to + mark.length };
}

/** The chosen lines become numbered steps, or steps become lines. */
export function steps({ text, start, end }: Place): Edit {
  const from = lineStart(text, start);
  const to = lineEnd(text, end);
  const lines = text.slice(from, to).split('\n');
  const full = lines.filter((l) => l.trim());
  const off = full.length > 0 && full.every((l) => /^\s*\d+[.)]\s/.test(l));
  let n = 0;
  const out = lines.map((l) => (off ? l.replace(/^\s*\d+[.)]\s+/, '') : l.trim() || full.length === 0 ? `${++n}. ${l.replace(item, '')}` : l));
  const gap = !off && from > 0 && text.slice(0, from).trim() !== '' && text[from - 2] !== '\n' && !/\n\s*\d+[.)] .*\n$|^\s*\d+[.)] .*\n$/.test(text.slice(0, from)) ? '\n' : '';
  const insert = gap + out.join('\n');
  const last = from + insert.length;
  return { from, to, insert, start: full.length > 1 ? from + gap.length : last, end: last };
}

/** The summary box: what readers see first. A text has one, at its top; there is none to add when it has it. */
export function short({ text }: Place, heading: string, cells: readonly [string, string]): Edit | null {
  if (new RegExp(`^\\s*#+\\s*${heading.replaceAll('\u00a0', ' ').replaceAll(' ', '[ \\u00a0]')}\\s*\\n`).test(text)) return null;
  const head = `## ${heading}\n\n| ${cells[0]} | ${cells[1]} |\n| --- | --- |\n| `;
  const rest = text.replace(/^\n+/, '');
  return { from: 0, to: text.length - rest.length, insert: `${head} |  |\n\n`, start: head.length, end: head.length };
}

/** A link on the selection: an address becomes the target, words the text. */
export function link({ text, start, end }: Place, words: string): Edit {
  const chosen = text.slice(start, end);
  if (/^(https?:\/\/|\/|mailto:)\S+$/.test(chosen)) return { from: start, to: end, insert: `[${words}](${chosen})`, start: start + 1, end: start + 1 + words.length };
  const shown = chosen || words;
  const insert = `[${shown}](https://)`;
  const at = start + insert.length - 1;
  return { from: start, to: end, insert, start: at - 8, end: at };
}

const safe = (name: string) => name.replace(/[[\]\\]/g, '\\$&');
/** A picture, or another file as a link, on a line of its own. */
export function picture({ text, start, end }: Place, name: string, url: string, image: boolean): Edit {
  const before = start > 0 && text[start - 1] !== '\n' ? '\n\n' : '';
  const after = text[end] && text[end] !== '\n' ? '\n\n' : '';
  const insert = `${before}${image ? '!' : ''}[${safe(name)}](${url})${after}`;
  const at = start + insert.length - after.length;
  return { from: start, to: end, insert, start: at, end: at };
}

/** Enter: a list goes on, an empty item ends it; null where the browser knows better. */
export function enter({ text, start, end }: Place): Edit | null {
  if (start !== end) return null;
  const from = lineStart(text, start);
  const line = text.slice(from, lineEnd(text, start));
  const m = item.exec(line);
  if (!m || start < from + m[0].length) return null;
  if (line.slice(m[0].length).trim() === '') {
    const insert = m[1] && m[1].length >= 2 ? line.slice(2) : '';
    return { from, to: from + line.length, insert, start: from + insert.length, end: from + insert.length };
  }
  const mark = m[2] ?? `${Number(m[3]) + 1}${m[4] ?? '.'}`;
  const insert = `\n${m[1] ?? ''}${mark}${m[5] ?? ' '}${/\[[ xX]\]/.test(m[0]) ? '[ ] ' : ''}`;
  return { from: start, to: end, insert, start: start + insert.length, end: start + insert.length };
}

/** Tab in a list goes a level in or out; null elsewhere, so that it leaves the field. */
export function indent({ text, start, end }: Place, out: boolean): Edit | null {
  const from = lineStart(text, start);
  const to = lineEnd(text, end);
  const lines = text.slice(from, to).split('\n');
  if (!lines.every((l) => l.trim() === '' || item.test(l))) return null;
  if (lines.every((l) => l.trim() === '')) return null;
  const width = /^\s*\d+[.)]/.test(lines[0] ?? '') ? 3 : 2;
  const moved = lines.map((l) => (out ? l.replace(new RegExp(`^ {1,${width}}`), '') : l.trim() ? ' '.repeat(width) + l : l));
  const insert = moved.join('\n');
  if (insert === lines.join('\n')) return null;
  const first = (moved[0] ?? '').length - (lines[0] ?? '').length;
  return { from, to, insert, start: Math.max(from, start + first), end: end + insert.length - (to - from) };
}
