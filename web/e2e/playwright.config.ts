import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';
import { artifacts, binary, browserPath } from './places';

for (const [path, how] of [
  [browserPath, 'No Chromium there: apt-get install chromium, or name another one in CHROMIUM.'],
  [binary, 'The server is not built: make build'],
] as const)
  if (!existsSync(path)) throw new Error(`${path} is missing. ${how}`);

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  outputDir: `${artifacts}/failed`,
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: !!process.env.CI,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: process.env.CI ? [['line'], ['html', { open: 'never', outputFolder: `${artifacts}/report` }]] : 'list',
  use: {
    locale: 'pl-PL',
    timezoneId: 'Europe/Warsaw',
    actionTimeout: 10_000,
    launchOptions: {
      executablePath: browserPath,
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    },
  },
});
