import { expect, it } from 'vitest';
import { asked, bits, colleagues, named, readUpto, typing, waits } from './mentions';

const people = [
  { id: 'a1', name: 'Ania Rutkowska' },
  { id: 'a2', name: 'Piotr Gajda' },
  { id: 'a3', name: 'Łukasz Żak' },
  { id: 'a4', name: 'Jan' },
  { id: 'a5', name: 'Jan Gajda-Nowak' },
  { id: 'a6', name: 'Ola Pióro', disabled: true },
];
const none = new Set<string>();

it.each([
  ['@', 1, { from: 0, query: '' }],
  ['Hej @Pio', 8, { from: 4, query: 'Pio' }],
  ['Hej @Piotr Ga', 13, { from: 4, query: 'Piotr Ga' }],
  ['(@łu', 4, { from: 1, query: 'łu' }],
  ['@Pio i reszta', 4, { from: 0, query: 'Pio' }],
  ['piotr@gajda', 11, null],
  ['@Piotr, co', 10, null],
  ['Hej', 3, null],
  ['@Piotr\n', 7, null],
])('what is typed after an @ in %j at %i', (text, caret, want) => {
  expect(typing(text, caret)).toEqual(want);
});

it.each([
  ['', ['a4', 'a5', 'a3', 'a2']],
  ['pio', ['a2']],
  ['luk', ['a3']],
  ['ŻAK', ['a3']],
  ['gaj', ['a5', 'a2']],
  ['jan g', ['a5']],
  ['nikt', []],
])('colleagues for %j, without oneself and who has left', (query, want) => {
  expect(colleagues(people, query, 'a1', 'pl').map((a) => a.id)).toEqual(want);
});

it.each([
  ['@', true],
  ['@nikt', true], // the list says that nobody goes by that name
  ['@nikt tu', false],
  ['@Piotr ', true],
  ['@Piotr Gajda', true],
  ['@piotr gajda ', false],
  ['@Jan ', false],
  ['@Jan G', true],
])('whether the list is open after %j: %s', (text, open) => {
  expect(asked(text, text.length, people, 'a1', 'pl') !== null).toBe(open);
});

it('mentions whom the text names, each once, the longest name that fits', () => {
  const text = '@Piotr Gajda i @jan gajda-nowak, a potem @Piotr Gajda: pisz na jan@Jan.pl. @Ania Rutkowska @Ola Pióro @Janina';
  expect(named(text, people, 'a1', none)).toEqual(['a2', 'a5']);
  expect(named('bez nikogo', people, 'a1', none)).toEqual([]);
  expect(named('@Jan!', people, 'a1', none)).toEqual(['a4']);
});

it('of two with one name mentions who was picked, and both when nobody was', () => {
  const twins = [{ id: 'x', name: 'Jan Nowak' }, { id: 'y', name: 'Jan Nowak' }];
  expect(named('@Jan Nowak', twins, 'a1', none)).toEqual(['x', 'y']);
  expect(named('@Jan Nowak', twins, 'a1', new Set(['y']))).toEqual(['y']);
});

it('cuts a note into names and words, and loses nothing', () => {
  const text = 'Hej @Łukasz Żak, spójrz. @Nikt';
  const cut = bits(text, people);
  expect(cut.filter((b) => b.ids.length > 0).map((b) => b.text)).toEqual(['@Łukasz Żak']);
  expect(cut.map((b) => b.text).join('')).toBe(text);
});

it('waits until the one who is mentioned has read that far', () => {
  const mentions = [{ agent: 'a2', seq: 7, read: false }, { agent: 'a3', seq: 9, read: false }];
  expect(waits({ mentions }, 'a2')).toBe(true);
  expect(waits({ mentions }, 'a1')).toBe(false);
  expect(waits({}, 'a2')).toBe(false);
  expect(waits({ mentions: readUpto(mentions, 'a2', 6) }, 'a2')).toBe(true);
  const after = readUpto(mentions, 'a2', 9);
  expect([waits({ mentions: after }, 'a2'), waits({ mentions: after }, 'a3')]).toEqual([false, true]);
});
