// Two texts beside each other, and both of them in one: for what the server has not seen yet. Pure.
import type { Block, Difference, Part } from './api';

/** Beyond this many pairs a page would stand still: what differs is then told as a whole. */
const tooMuch = 9_000_000;

/** How two lists run together: pairs of places, -1 where one of them has nothing. */
export function align<T>(a: readonly T[], b: readonly T[], same: (x: T, y: T) => boolean = (x, y) => x === y): [number, number][] {
  let head = 0;
  while (head < a.length && head < b.length && same(a[head] as T, b[head] as T)) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && same(a[a.length - 1 - tail] as T, b[b.length - 1 - tail] as T)) tail++;
  const [n, m] = [a.length - head - tail, b.length - head - tail];
  const run = (i: number, j: number, length: number) => Array.from({ length }, (_, k): [number, number] => [i < 0 ? -1 : i + k, j < 0 ? -1 : j + k]);
  const [before, after] = [run(0, 0, head), run(a.length - tail, b.length - tail, tail)];
  if (n * m > tooMuch) return [...before, ...run(head, -1, n), ...run(-1, head, m), ...after];
  const long = new Uint32Array((n + 1) * (m + 1));
  const at = (i: number, j: number) => i * (m + 1) + j;
  for (let i = n - 1; i >= 0; i--)
    for (let j = m - 1; j >= 0; j--)
      long[at(i, j)] = same(a[head + i] as T, b[head + j] as T) ? 1 + (long[at(i + 1, j + 1)] ?? 0) : Math.max(long[at(i + 1, j)] ?? 0, long[at(i, j + 1)] ?? 0);
  const out = before;
  let [i, j] = [0, 0];
  while (i < n || j < m) {
    if (i < n && j < m && same(a[head + i] as T, b[head + j] as T)) out.push([head + i++, head + j++]);
    else if (i < n && (j >= m || (long[at(i + 1, j)] ?? 0) >= (long[at(i, j + 1)] ?? 0))) out.push([head + i++, -1]);
    else out.push([-1, head + j++]);
  }
  return [...out, ...after];
}

/** Paragraphs, and the items of a list each on its own. */
export const blocksOf = (text: string) => text.replace(/\r\n/g, '\n').split(/\n{2,}|\n(?=\s*(?:[-*+]|\d+[.)])\s)/).map((b) => b.trim()).filter(Boolean);
const wordsOf = (text: string) => text.match(/\s+|[^\s]+/g) ?? [];

/** What of one block became of another, by words. */
export function partsOf(from: string, to: string): Part[] {
  const [a, b] = [wordsOf(from), wordsOf(to)];
  const parts: Part[] = [];
  const add = (op: Part['op'], text: string) => {
    const last = parts.at(-1);
    if (last?.op === op) last.text += text;
    else parts.push({ op, text });
  };
  for (const [i, j] of align(a, b)) {
    if (j < 0) add('out', a[i] as string);
    else if (i < 0) add('in', b[j] as string);
    else add('same', a[i] as string);
  }
  return tidy(parts);
}

/** A space between two changed words belongs to the change: out and in stand in one piece each. */
function tidy(parts: Part[]): Part[] {
  const out: Part[] = [];
  let [gone, come] = ['', ''];
  const end = () => {
    if (gone) out.push({ op: 'out', text: gone });
    if (come) out.push({ op: 'in', text: come });
    [gone, come] = ['', ''];
  };
  for (const [n, p] of parts.entries()) {
    if (p.op === 'out') gone += p.text;
    else if (p.op === 'in') come += p.text;
    else if (/^\s+$/.test(p.text) && (gone || come) && n < parts.length - 1) {
      if (gone) gone += p.text;
      if (come) come += p.text;
    } else {
      end();
      out.push(p);
    }
  }
  end();
  return out;
}

const alike = (a: string, b: string) => {
  const x = new Set(wordsOf(a).filter((w) => w.trim()));
  const y = wordsOf(b).filter((w) => w.trim());
  return y.length > 0 && x.size > 0 && (2 * y.filter((w) => x.has(w)).length) / (x.size + y.length) >= 0.4;
};

export function difference(from: string, to: string): Difference {
  const [a, b] = [blocksOf(from), blocksOf(to)];
  const pairs = align(a, b);
  const blocks: Block[] = [];
  for (let n = 0; n < pairs.length; n++) {
    const [i, j] = pairs[n] as [number, number];
    if (i >= 0 && j >= 0) {
      blocks.push({ kind: 'same', parts: [{ op: 'same', text: a[i] as string }] });
      continue;
    }
    const gone: string[] = [];
    const come: string[] = [];
    for (; n < pairs.length; n++) {
      const [x, y] = pairs[n] as [number, number];
      if (x >= 0 && y >= 0) break;
      if (x >= 0) gone.push(a[x] as string);
      else come.push(b[y] as string);
    }
    n--;
    for (const [x, y] of align(gone, come, alike)) {
      if (y < 0) blocks.push({ kind: 'removed', parts: [{ op: 'out', text: gone[x] as string }] });
      else if (x < 0) blocks.push({ kind: 'added', parts: [{ op: 'in', text: come[y] as string }] });
      else blocks.push({ kind: 'changed', parts: partsOf(gone[x] as string, come[y] as string) });
    }
  }
  const count = (text: string) => wordsOf(text).filter((w) => w.trim()).length;
  const words = blocks.flatMap((x) => x.parts).reduce((n, p) => n + (p.op === 'same' ? 0 : count(p.text)), 0);
  return { changes: blocks.filter((x) => x.kind !== 'same').length, words, blocks };
}

/** Everything that either text says: what they share once, where they part mine first and theirs under it. */
export function both(mine: string, theirs: string): string {
  const [a, b] = [mine.split(/\n{2,}/), theirs.split(/\n{2,}/)];
  return align(a, b).map(([i, j]) => (i >= 0 ? a[i] : b[j]) as string).join('\n\n');
}

/** Blocks for the eye: long runs without a change are folded, but for one block on either side. */
export function folded(blocks: readonly Block[], keep = 2): (Block | number)[] {
  const out: (Block | number)[] = [];
  for (let n = 0; n < blocks.length; ) {
    if (blocks[n]?.kind !== 'same') {
      out.push(blocks[n++] as Block);
      continue;
    }
    let end = n;
    while (end < blocks.length && blocks[end]?.kind === 'same') end++;
    const [before, after] = [n === 0 ? 0 : keep, end === blocks.length ? 0 : keep];
    if (end - n <= before + after + 1) out.push(...blocks.slice(n, end));
    else out.push(...blocks.slice(n, n + before), end - n - before - after, ...blocks.slice(end - after, end));
    n = end;
  }
  return out;
}

const mark = /^#{1,6}\s+/;

/** A heading's parts without its mark, null of anything else. One whose level alone changed stays as it is written. */
export function heading(block: Block): Part[] | null {
  const begins = block.parts.filter((p, i) => i === 0 || (block.parts[0]?.op !== 'same' && i === 1 && p.op !== 'same'));
  if (begins.length === 0 || !begins.every((p) => mark.test(p.text) && p.text.replace(mark, '') !== '')) return null;
  return block.parts.map((p) => (begins.includes(p) ? { ...p, text: p.text.replace(mark, '') } : p));
}
