import type { AdminApi } from '../api/admin-api.ts';
import type { List } from '../api/types.ts';
import { Refusal } from '../failures.ts';
import { canonicalEntry } from '../words/canonical-entry.ts';

const PRECONDITION_FAILED = 412;

export const withEntries = (api: AdminApi, name: string, added: readonly string[]): Promise<List> =>
  edit(api, name, (entries) => [...new Set([...entries, ...added.map(canonicalEntry)])]);

export const withoutEntries = (api: AdminApi, name: string, removed: readonly string[]): Promise<List> =>
  edit(api, name, (entries) => {
    const gone = new Set(removed.map(canonicalEntry));
    const missing = [...gone].filter((entry) => !entries.includes(entry));
    if (missing.length) throw new Error(`address list ${name} has no entry ${missing.join(', ')}: nothing was changed`);
    return entries.filter((entry) => !gone.has(entry));
  });

/** Read, change, write; once more if somebody else wrote in between. */
async function edit(
  api: AdminApi,
  name: string,
  change: (entries: readonly string[]) => readonly string[],
): Promise<List> {
  const attempt = async () => {
    const { value, tag } = await api.list(name);
    return api.setList(name, change(value.entries), tag);
  };
  try {
    return await attempt();
  } catch (error) {
    if (!isOvertaken(error)) throw error;
  }
  try {
    return await attempt();
  } catch (error) {
    if (!isOvertaken(error)) throw error;
    throw new Error(`address list ${name} is being changed by somebody else: nothing was changed, try again`);
  }
}

const isOvertaken = (error: unknown): boolean => error instanceof Refusal && error.status === PRECONDITION_FAILED;
