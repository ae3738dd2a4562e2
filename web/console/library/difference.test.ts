import { describe, expect, it } from 'vitest';
import type { Block, Part } from './api';
import { both, difference, folded, heading, partsOf } from './difference';

const say = (parts: { op: string; text: string }[]) => parts.map((p) => (p.op === 'same' ? p.text : p.op === 'in' ? `{+${p.text}+}` : `{-${p.text}-}`)).join('');

describe('a difference', () => {
  it('joins the words of one change', () => {
    expect(say(partsOf('kwoty z tytułem „Zwrot Jarmark”.', 'kwoty bez tytułu, operator wpisuje tylko numer.'))).toBe('kwoty {-z tytułem „Zwrot Jarmark”.-}{+bez tytułu, operator wpisuje tylko numer.+}');
    expect(say(partsOf('a b c', 'a b c'))).toBe('a b c');
    expect(say(partsOf('a b c', 'a c'))).toBe('a {-b -}c');
  });
  it('loses nothing of either text', () => {
    const [from, to] = ['Jeden dwa trzy cztery pięć', 'Jeden cztery dwa sześć pięć siedem'];
    const parts = partsOf(from, to);
    expect(parts.filter((p) => p.op !== 'in').map((p) => p.text).join('')).toBe(from);
    expect(parts.filter((p) => p.op !== 'out').map((p) => p.text).join('')).toBe(to);
  });
  it('is drawn by paragraphs and items of a list', () => {
    const d = difference('Weekend się nie liczy.\n\n1. Sprawdź zwroty.\n2. Poszukaj kwoty z tytułem.\n\nKoniec.', 'Weekend się nie liczy. Anulowane w piątek wraca we wtorek.\n\n1. Sprawdź zwroty.\n2. Poszukaj kwoty bez tytułu.\n3. Napisz.\n\nKoniec.');
    expect(d.blocks.map((b) => b.kind)).toEqual(['changed', 'same', 'changed', 'added', 'same']);
    expect(d.changes).toBe(3);
    expect(d.words).toBe(6 + 4 + 2);
  });
  it('takes paragraphs that have nothing in common for a removed and an added one', () => {
    expect(difference('Pierwszy akapit o zwrotach.', 'Zupełnie co innego').blocks.map((b) => b.kind).sort()).toEqual(['added', 'removed']);
    expect(difference('', 'x').blocks).toEqual([{ kind: 'added', parts: [{ op: 'in', text: 'x' }] }]);
    expect(difference('x', 'x').changes).toBe(0);
  });
});

it('a text too long to compare is told as a whole, and quickly', () => {
  const long = (word: string) => Array.from({ length: 4000 }, (_, i) => `${word}${i}`).join(' ');
  const parts = partsOf(`wstęp ${long('a')} koniec`, `wstęp ${long('b')} koniec`);
  expect(parts.map((p) => p.op)).toEqual(['same', 'out', 'in', 'same']);
});

it('both texts in one say what they share once', () => {
  expect(both('A\n\nmoje\n\nC', 'A\n\nich\n\nC\n\nD')).toBe('A\n\nmoje\n\nich\n\nC\n\nD');
  expect(both('A', 'A')).toBe('A');
});

it('what did not change is folded but for its neighbours', () => {
  const same = (n: number): Block[] => Array.from({ length: n }, (_, i) => ({ kind: 'same', parts: [{ op: 'same', text: String(i) }] }));
  const changed: Block = { kind: 'changed', parts: [] };
  expect(folded([...same(9), changed, ...same(2)]).map((b) => (typeof b === 'number' ? b : b.kind))).toEqual([7, 'same', 'same', 'changed', 'same', 'same']);
  expect(folded([changed, ...same(5), changed]).length).toBe(7);
  expect(folded([changed, ...same(20), changed])).toContain(16);
});

it('a heading is shown without its mark', () => {
  const of = (parts: Part[]) => heading({ kind: 'changed', parts })?.map((p) => p.text) ?? null;
  expect(of([{ op: 'same', text: '# Zwrot ' }, { op: 'in', text: 'nagły' }])).toEqual(['Zwrot ', 'nagły']);
  expect(of([{ op: 'out', text: '## Raz' }, { op: 'in', text: '## Dwa' }])).toEqual(['Raz', 'Dwa']);
  expect(of([{ op: 'same', text: 'Nr # 5' }])).toBeNull();
  expect(of([{ op: 'out', text: '# ' }, { op: 'in', text: '## ' }, { op: 'same', text: 'Raz' }])).toBeNull();
});
