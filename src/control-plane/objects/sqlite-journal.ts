import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { KubeObject } from '../../core/index.ts';
import { ControlPlaneError } from '../error.ts';
import type { TableJournal } from './object-table.ts';

/** The objects in `<stateFolder>/control-plane.sqlite`; every write is durable before its request is answered. */
export interface SqliteJournal extends TableJournal {
  readonly version: number;
  load(): Iterable<{ storage: string; object: KubeObject }>;
  close(): void;
}

const layout = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS objects (storage TEXT, namespace TEXT, name TEXT, body TEXT NOT NULL, PRIMARY KEY (storage, namespace, name)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL);
  INSERT OR IGNORE INTO counter VALUES (1, 1);
`;

/** Opens or creates the file, readable by its owner alone. */
export function openSqliteJournal(stateFolder: string): SqliteJournal {
  const path = join(stateFolder, 'control-plane.sqlite');
  const database = openDatabase(stateFolder, path);
  const put = database.prepare('INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM objects WHERE storage = ? AND namespace = ? AND name = ?');
  const count = database.prepare('UPDATE counter SET version = ?');
  const atomically = (version: number, write: () => void) => {
    database.exec('BEGIN');
    try {
      write();
      count.run(version);
      database.exec('COMMIT');
    } catch (cause) {
      database.exec('ROLLBACK');
      throw cause;
    }
  };
  return {
    version: Number(database.prepare('SELECT version FROM counter').get()?.['version'] ?? 1),
    load: () => loadObjects(database, path),
    put: (storage, object, version) => {
      const { namespace = '', name } = object.metadata;
      atomically(version, () => put.run(storage, namespace, name, JSON.stringify(object)));
    },
    remove: (storage, object, version) => {
      const { namespace = '', name } = object.metadata;
      atomically(version, () => remove.run(storage, namespace, name));
    },
    close: () => database.close(),
  };
}

function openDatabase(stateFolder: string, path: string): DatabaseSync {
  try {
    mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
    const database = new DatabaseSync(path);
    chmodSync(path, 0o600); // before the first write: the journal's side files take over these permissions
    database.exec(layout);
    return database;
  } catch (cause) {
    const message = `opening the state of the control plane in ${path} failed: ${cause}; check the folder's permissions, or move the file away to start empty`;
    throw new ControlPlaneError('STATE_DAMAGED', message, { retry: 'never', cause });
  }
}

function* loadObjects(database: DatabaseSync, path: string): Iterable<{ storage: string; object: KubeObject }> {
  for (const row of database.prepare('SELECT storage, name, body FROM objects').iterate()) {
    try {
      yield { storage: String(row['storage']), object: JSON.parse(String(row['body'])) };
    } catch (cause) {
      const message = `reading ${row['storage']} ${row['name']} from ${path} failed: ${cause}; move the file away to start empty`;
      throw new ControlPlaneError('STATE_DAMAGED', message, { retry: 'never', cause });
    }
  }
}
