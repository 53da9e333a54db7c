// Writes docs/openapi.json, the admin API for people and for generators of clients; a plugin serves the same at
// /v1/openapi.json.
//   node scripts/openapi.ts
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '../src/config.ts';
import { openApi } from '../src/protocol/admin/openapi.ts';

const docs = join(import.meta.dirname, '../docs');
mkdirSync(docs, { recursive: true });
writeFileSync(join(docs, 'openapi.json'), `${JSON.stringify(openApi(VERSION), null, 2)}\n`);
