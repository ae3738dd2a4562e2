// Templates that are being filled, one for each conversation: what is closed, taken back or refused opens as it was left.
import type { Template } from '../../protocol';

const kept = new Map<string, Template>();

export const keepTemplate = (conversation: string, t: Template): void => void kept.set(conversation, t);
export const keptTemplate = (conversation: string): Template | undefined => kept.get(conversation);
/** It has left. */
export const dropTemplate = (conversation: string): void => void kept.delete(conversation);
