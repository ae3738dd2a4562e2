// Attachments for elements: what a strict style policy does not let a template write as an attribute.
import { everySecond, promised } from '../state/time';

/** Sets custom properties of an element. */
export const vars = (values: Record<string, string | number>) => (node: HTMLElement | SVGElement) => {
  for (const [name, value] of Object.entries(values)) node.style.setProperty(`--${name}`, String(value));
};

/** Sets plain properties such as left or width. */
export const css = (values: Record<string, string>) => (node: HTMLElement | SVGElement) => {
  for (const [name, value] of Object.entries(values)) node.style.setProperty(name, value);
};

export interface Clock {
  due: string | null | undefined;
  since?: string | undefined;
  channel: string;
}

/** Keeps a text, its data-sla and --left in step with the promise, by the one timer. */
export const dueText = (c: Clock, write: (text: string) => string = (text) => text) => (node: HTMLElement) =>
  everySecond((now) => {
    const p = promised(c.due, c.since, c.channel, now);
    const text = write(p.text);
    if (node.textContent !== text) node.textContent = text;
    if (node.dataset.sla !== p.sla) node.dataset.sla = p.sla;
  });

/** The burning fuse beside it. */
export const fuse = (c: Clock) => (node: HTMLElement) =>
  everySecond((now) => {
    const p = promised(c.due, c.since, c.channel, now);
    if (node.dataset.sla !== p.sla) node.dataset.sla = p.sla;
    node.style.setProperty('--left', p.left.toFixed(3));
  });

/** Focus when it appears. */
export const focused = (node: HTMLElement) => node.focus();

/** Calls away when something outside the element is pressed, or Escape. */
export const dismiss = (away: () => void, except?: () => HTMLElement | null | undefined) => (node: HTMLElement) => {
  const press = (e: Event) => {
    const t = e.target as Node;
    if (!node.contains(t) && !except?.()?.contains(t)) away();
  };
  document.addEventListener('pointerdown', press, true);
  return () => document.removeEventListener('pointerdown', press, true);
};

/** Keeps Tab inside, focuses the first field (in a dialog that of its body, not the way out), and gives focus back to where it came from. */
export const trap = (node: HTMLElement) => {
  const before = document.activeElement as HTMLElement | null;
  const items = () =>
    [...node.querySelectorAll<HTMLElement>('a[href],button:not([disabled]),input,select,textarea,[tabindex="0"]')].filter(
      (e) => e.offsetParent !== null,
    );
  (node.querySelector<HTMLElement>('[data-autofocus]') ?? items().find((e) => e.closest('.in')) ?? items()[0] ?? node).focus();
  const key = (e: KeyboardEvent) => {
    if (e.key !== 'Tab') return;
    const all = items();
    const first = all[0];
    const last = all.at(-1);
    if (!first || !last) return;
    if (e.shiftKey && document.activeElement === first) {
      e.preventDefault();
      last.focus();
    } else if (!e.shiftKey && document.activeElement === last) {
      e.preventDefault();
      first.focus();
    }
  };
  node.addEventListener('keydown', key);
  return () => {
    node.removeEventListener('keydown', key);
    if (before?.isConnected) before.focus();
  };
};
