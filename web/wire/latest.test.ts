import { expect, test } from 'vitest';
import { Latest } from './latest';

/** A question that is answered when the test says so. */
function later<T>() {
  let answer!: (value: T) => void;
  let fail!: (err: Error) => void;
  const promise = new Promise<T>((yes, no) => ((answer = yes), (fail = no)));
  return { promise, answer, fail };
}

test('answers that come in the wrong order: only the last question counts', async () => {
  const latest = new Latest();
  const [first, second] = [later<string>(), later<string>()];
  const one = latest.of(() => first.promise);
  const two = latest.of(() => second.promise);
  second.answer('new');
  expect(await two).toBe('new');
  first.answer('old');
  expect(await one).toBeUndefined();
});

test('what was dropped is not answered, and its failure is nobody’s', async () => {
  const latest = new Latest();
  const [first, second] = [later<string>(), later<string>()];
  const one = latest.of(() => first.promise);
  latest.drop();
  first.fail(new Error('late'));
  expect(await one).toBeUndefined();
  const two = latest.of(() => second.promise);
  second.fail(new Error('now'));
  await expect(two).rejects.toThrow('now');
});
