// Where the things are that the tests need.
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

export const binary = process.env.CENTRALA_BINARY ?? `${root}/bin/centrala`;
export const browserPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Pictures of every screen that the tests pass, and traces of what failed. */
export const artifacts = `${root}/artifacts/e2e`;
