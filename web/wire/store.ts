// Where the outbox keeps its rows: IndexedDB, so that they outlive the tab. Without it (some private windows)
// they live as long as the page, and durable says so.
import type { Attachment, ErrorCode, Template } from '../protocol';

/** One message somebody wrote that the server has not acknowledged yet. */
export interface Row {
  /** Made with the first key; rows are sent in the order of their ids. */
  id: string;
  key: string;
  /** Null: the unresolved conversation of this inbox, or a new one. Never changes once tried. */
  conversation: string | null;
  text: string;
  attachments: Attachment[];
  note?: boolean;
  /** Of a note: ids of the colleagues it names. */
  mentions?: string[];
  claim?: boolean;
  /** Another way than the conversation's own: "email", or "messenger" for a private answer to a comment. */
  via?: string;
  /** The seq of the message that it answers in particular. */
  answers?: number;
  /** An approved template that is sent; text is how it reads. */
  template?: Template;
  /** When it was written, ms since the epoch. */
  at: number;
  /** A frame with this key has left at least once, so the server may have it. */
  tried: boolean;
  failed: { code: ErrorCode; message: string; field?: string } | null;
}

export interface RowStore {
  readonly durable: boolean;
  all(): Promise<Row[]>;
  put(row: Row): Promise<void>;
  remove(id: string): Promise<void>;
}

const table = 'rows';

/** Opens the store of one principal: rows of different visitors or agents never mix. Never rejects. */
export async function openRows(scope: string): Promise<RowStore> {
  try {
    return idbRows(await openDB(`centrala-outbox:${scope}`));
  } catch {
    return memoryRows(); // no database in this browser window; durable tells
  }
}

/** Rows that live as long as the page. */
export function memoryRows(): RowStore {
  const rows = new Map<string, Row>();
  return {
    durable: false,
    all: () => Promise.resolve([...rows.values()].map((r) => ({ ...r }))),
    put: (row) => Promise.resolve(void rows.set(row.id, { ...row })),
    remove: (id) => Promise.resolve(void rows.delete(id)),
  };
}

function openDB(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(table, { keyPath: 'id' });
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error ?? new Error('no database'));
    request.onblocked = () => reject(new Error('the database is blocked'));
  });
}

function idbRows(db: IDBDatabase): RowStore {
  // Resolves when the transaction is complete, not when the request succeeded: only then the row is kept.
  const act = <T>(mode: IDBTransactionMode, what: (s: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const tx = db.transaction(table, mode);
      const request = what(tx.objectStore(table));
      tx.oncomplete = () => resolve(request.result);
      tx.onabort = tx.onerror = () => reject(tx.error ?? new Error('the database refused'));
    });
  return {
    durable: true,
    all: () => act<Row[]>('readonly', (s) => s.getAll()),
    put: async (row) => void (await act('readwrite', (s) => s.put(row))),
    remove: async (id) => void (await act('readwrite', (s) => s.delete(id))),
  };
}
