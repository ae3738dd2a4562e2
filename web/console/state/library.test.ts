import { expect, it, vi } from 'vitest';

vi.mock('./app.svelte', () => ({ app: {} }));
const { fill } = await import('./library.svelte');

it('fills what is known and leaves the rest to the agent', () => {
  expect(fill('Dzień dobry, {{name}}! Sprawa {{ ref }}, numer {{numer zwrotu}}.', { name: 'Marta', ref: '48213', agent: null })).toBe(
    'Dzień dobry, Marta! Sprawa 48213, numer {{numer zwrotu}}.',
  );
});

it('leaves a known but empty field open', () => {
  expect(fill('{{name}}', { name: '' })).toBe('{{name}}');
});
