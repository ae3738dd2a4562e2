import { describe, expect, it, vi } from 'vitest';
import { Drafted } from './drafted.svelte';

const memory = () => {
  const all = new Map<string, string>();
  return { getItem: (k: string) => all.get(k) ?? null, setItem: (k: string, v: string) => void all.set(k, v), removeItem: (k: string) => void all.delete(k), all };
};
const answer = { text: 'Pieniądze wracają w ciągu tygodnia.', cut: false, sources: [] };

describe('a draft of the model', () => {
  it('is inserted once, marked while it stands as it came, and the person’s after the first change', async () => {
    const insert = vi.fn();
    const kept = memory();
    const d = new Drafted('c_1', () => Promise.resolve(answer), kept);
    expect(d.marks('')).toBe(false);
    await d.ask(insert);
    expect(insert.mock.calls).toEqual([[answer.text]]);
    d.changed(`Dzień dobry. ${answer.text}`);
    expect(d.marks(`Dzień dobry. ${answer.text}`)).toBe(true);
    expect(new Drafted('c_1', () => Promise.reject(new Error('not asked')), kept).marks(answer.text), 'after a reload').toBe(true);
    expect(new Drafted('c_2', () => Promise.reject(new Error('not asked')), kept).marks(answer.text), 'in another conversation').toBe(false);
    d.changed('Pieniądze wracają jutro.');
    expect(d.marks(answer.text)).toBe(false);
    expect(kept.all.size).toBe(0);
  });

  it('is asked for once at a time, and can be asked for again after a failure', async () => {
    let fail: (err: Error) => void = () => undefined;
    const model = vi.fn(() => new Promise<typeof answer>((_, reject) => (fail = reject)));
    const insert = vi.fn();
    const d = new Drafted('c_1', model, null);
    const first = d.ask(insert);
    await d.ask(insert);
    expect(model).toHaveBeenCalledTimes(1);
    expect(d.busy).toBe(true);
    fail(new Error('429'));
    await expect(first).rejects.toThrow('429');
    expect(d.busy).toBe(false);
    expect(insert).not.toHaveBeenCalled();
    void d.ask(insert);
    expect(model).toHaveBeenCalledTimes(2);
  });

  it('that comes after the composer was left goes nowhere', async () => {
    const insert = vi.fn();
    const d = new Drafted('c_1', () => Promise.resolve(answer), null);
    const asked = d.ask(insert);
    d.leave();
    await asked;
    expect(insert).not.toHaveBeenCalled();
    expect(d.marks(answer.text)).toBe(false);
  });
});
