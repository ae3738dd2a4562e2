// The wire: what both apps use to talk to the server. No framework.
export { Client, Problem, gapPatience, socketURL, upload } from './client';
export type { ClientSettings } from './client';
export { Connection, Lost, Refused } from './connection';
export type { Cause, Phase, Socket, Status, Surroundings } from './connection';
export { keepDrafts, ownStorage } from './drafts';
export type { Drafts } from './drafts';
export { Emitter } from './emitter';
export { newKey } from './key';
export { Latest } from './latest';
export { Outbox, excess } from './outbox';
export type { Draft, RowState, Shown } from './outbox';
export { memoryRows, openRows } from './store';
export type { Row, RowStore } from './store';
export { browserTabs } from './tabs';
export type { Tabs } from './tabs';
export { Timeline } from './timeline';
export type { Item, Progress } from './timeline';
export { OthersTyping, OwnTyping } from './typing';
