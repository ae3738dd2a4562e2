import { describe, expect, it } from 'vitest';
import type { Shelf } from './api';
import { axisOf, byArticle, byNeed, changesOf, draftOf, moved, percent, placesOf, praised, printSets, readSets, readWords, verdictOf, type Answer, type ArticleWorth, type LinkFault, type Place, type Question } from './insight';

const answer = (text: string, score: number | null = null): Answer => ({ text, author: 'Ania Rutkowska', at: '2026-11-12T10:00:00Z', score, conversation: 'c_1' });
const asked = (more: Partial<Question> = {}): Question => ({ text: 'zwrot za wulkanizację', side: 'buyer', locale: 'pl', count: 96, conversations: 64, nearest: null, score: 0, answers: [], ...more });

describe('a question without an answer', () => {
  it('begins an article with its words, its side, its language and the answers given', () => {
    expect(draftOf(asked({ answers: [answer(' Warsztat zwraca. '), answer(''), answer('Pieniądze wracają od razu.')] }))).toEqual({ locale: 'pl', title: 'Zwrot za wulkanizację', body: 'Warsztat zwraca.\n\nPieniądze wracają od razu.', sides: ['buyer'] });
    expect(draftOf(asked({ text: `łódź ${'x'.repeat(300)}`, side: '', locale: 'en' }))).toMatchObject({ locale: 'en', body: '', sides: [] });
    expect(draftOf(asked({ text: `łódź ${'x'.repeat(300)}` })).title).toMatch(/^Łódź x{195}$/);
  });
  it('says that answers were praised only when all of them were', () => {
    expect(praised([answer('a', 9), answer('b', 10)])).toBe(true);
    expect(praised([answer('a', 9), answer('b')])).toBe(false);
    expect(praised([answer('a', 8)])).toBe(false);
    expect(praised([])).toBe(false);
  });
});

describe('what it is worth', () => {
  const held = { people: 400, contacted: 80 };
  it('is told only by an interval that keeps off zero', () => {
    expect(verdictOf({ held: { people: 0, contacted: 0 }, difference: null, low: null, high: null })).toBe('nobody');
    expect(verdictOf({ held, difference: null, low: null, high: null })).toBe('few');
    expect(verdictOf({ held, difference: 0.06, low: 0.02, high: 0.1 })).toBe('helps');
    expect(verdictOf({ held, difference: 0.06, low: 0, high: 0.12 })).toBe('unsure');
    expect(verdictOf({ held, difference: -0.05, low: -0.09, high: -0.01 })).toBe('harms');
  });
  it('is drawn on an axis that holds the whole interval and zero', () => {
    for (const [low, high] of [[0.02, 0.1], [-0.3, -0.1], [-0.01, 0.01], [0, 0]] as const) {
      const { at } = axisOf(low, high);
      const places = [at(Math.min(low, 0)), at(Math.max(high, 0)), at(0)];
      expect(Math.min(...places)).toBeGreaterThan(0);
      expect(Math.max(...places)).toBeLessThan(1);
      expect(at(low)).toBeLessThanOrEqual(at(high));
    }
  });
  it('shows first what stopped helping, then what is read most, and no share of nobody', () => {
    const a = (id: string, opened: number, flag: ArticleWorth['flag'] = ''): ArticleWorth => ({ id, title: id, opened, told: 0, solved: 0, quiet: 0, watched: 0, flag });
    expect(byNeed([a('x', 5), a('y', 9), a('z', 1, 'worse'), a('v', 2, 'version')]).map((i) => i.id)).toEqual(['v', 'z', 'y', 'x']);
    expect([percent(1, 3), percent(0, 5), percent(0, 0)]).toEqual([33.3, 0, null]);
  });
});

const shelf = (key: string, position: number, more: Partial<Shelf> = {}): Shelf => ({ kind: 'section', key, parent: '', names: {}, sides: [], position, ...more });

describe('shelves', () => {
  const shelves = [shelf('b', 5, { names: { pl: 'Be' } }), shelf('a', 2), shelf('zakupy', 1, { kind: 'category', sides: ['buyer'] })];
  const places = () => placesOf('section', shelves, ['c', 'a', '', 'c']);
  it('stand in their order, what nobody arranged last', () => {
    expect(places().map((p) => p.key)).toEqual(['a', 'b', 'c']);
    expect(changesOf('section', shelves, places()), 'nothing was touched').toEqual({ put: [], remove: [] });
  });
  it('are saved one by one when they are named, and all of them when the order is another', () => {
    const [a, b, c] = places() as [Place, Place, Place];
    expect(changesOf('section', shelves, [a, { ...b, names: { pl: 'Be', en: ' Bee ', de: ' ' } }, c]).put).toEqual([expect.objectContaining({ key: 'b', names: { en: 'Bee', pl: 'Be' }, position: 5 })]);
    expect(changesOf('section', shelves, [a, b, { ...c, names: { pl: 'Ce' } }]).put).toEqual([expect.objectContaining({ key: 'c', position: 6 })]);
    expect(changesOf('section', shelves, moved([a, b, c], 1, -1)).put.map((p) => [p.key, p.position])).toEqual([['b', 1]]);
    expect(changesOf('section', shelves, moved([a, b, c], 2, -1)).put.map((p) => [p.key, p.position]), 'what has no shelf gets one where it was put').toEqual([['a', 1], ['c', 2], ['b', 3]]);
    expect(changesOf('section', shelves, [b])).toEqual({ put: [], remove: ['a'] });
    expect(changesOf('category', shelves, placesOf('category', shelves, []).map((p) => ({ ...p, sides: ['seller'] }))).put).toEqual([expect.objectContaining({ key: 'zakupy', sides: ['seller'] })]);
  });
  it('move within their list alone', () => {
    expect([moved([1, 2, 3], 0, -1), moved([1, 2, 3], 0, 1), moved([1, 2, 3], 2, 1)]).toEqual([[1, 2, 3], [2, 1, 3], [1, 2, 3]]);
  });
});

describe('word lists', () => {
  it('are a set a line, and a line with one word is none', () => {
    expect(readSets('hajs,  pieniądze , kasa\n\nzwrot\nblik, BLIK  oddaj,blik')).toEqual({ sets: [['hajs', 'pieniądze', 'kasa'], ['blik', 'BLIK oddaj']], lonely: [3] });
    expect(readSets(printSets([['a', 'b c'], ['d', 'e']])).sets).toEqual([['a', 'b c'], ['d', 'e']]);
    expect(readWords('czy, i\n i  oraz')).toEqual(['czy', 'i', 'oraz']);
  });
});

it('links stand by article, each in the order of its lines', () => {
  const f = (article: string, line: number): LinkFault => ({ article, title: article, url: '', line, link: '', fault: 'article' });
  expect(byArticle([f('x', 9), f('y', 1), f('x', 2)]).map((g) => [g.article, g.faults.map((i) => i.line)])).toEqual([['x', [2, 9]], ['y', [1]]]);
});
