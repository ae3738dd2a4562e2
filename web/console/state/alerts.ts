// Sound and desktop notice, by choice; never the only sign of anything.
import type { Message } from '../../protocol';
import { app } from './app.svelte';
import { lists } from './lists.svelte';

let audio: AudioContext | undefined;
let lastAt = 0;

/** Two short notes, made here: no file is loaded. */
function ring(): void {
  const now = Date.now();
  if (now - lastAt < 1500) return;
  lastAt = now;
  audio ??= new AudioContext();
  const at = audio.currentTime;
  for (const [i, tone] of [660, 880].entries()) {
    const osc = audio.createOscillator();
    const gain = audio.createGain();
    osc.frequency.value = tone;
    gain.gain.setValueAtTime(0.0001, at + i * 0.12);
    gain.gain.exponentialRampToValueAtTime(0.12, at + i * 0.12 + 0.01);
    gain.gain.exponentialRampToValueAtTime(0.0001, at + i * 0.12 + 0.22);
    osc.connect(gain).connect(audio.destination);
    osc.start(at + i * 0.12);
    osc.stop(at + i * 0.12 + 0.25);
  }
}

/** A customer has written, or a note mentions the agent: tells whoever wants to be told, unless they are looking at it. */
export function announce(conversation: string, message: Message): void {
  const looking = app.conversation === conversation && document.visibilityState === 'visible' && document.hasFocus();
  if (looking) return;
  const c = lists.peek(conversation);
  if (!message.note && c && c.assignee && c.assignee.id !== app.agent?.id) return;
  if (app.sound) ring();
  if (!app.desktop || !('Notification' in window) || Notification.permission !== 'granted') return;
  const title = message.note ? app.t('mention.notice', { name: message.author.name ?? '' }) : c?.contact.name || app.t('contact.anonymous');
  const notice = new Notification(title, { body: message.text.slice(0, 140), tag: conversation });
  notice.onclick = () => {
    window.focus();
    app.open(conversation);
    notice.close();
  };
}
