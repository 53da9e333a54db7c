const GROUP = 'group:';

/**
 * A policy whose groups have other names, where they stand and where rules name them. What does not look like a policy
 * stays as it is: that it is none is the plugin's to say, with a path.
 */
export function renameGroups(document: unknown, rename: (name: string) => string): unknown {
  if (!isRecord(document) || !isRecord(document.groups)) return document;
  const groups = new Map<string, unknown>();
  for (const [name, group] of Object.entries(document.groups)) {
    const renamed = rename(name);
    if (groups.has(renamed)) throw new Error(`the policy has the group ${renamed} twice, once as ${name}`);
    groups.set(renamed, renameInGroup(group, rename));
  }
  return { ...document, groups: Object.fromEntries(groups) };
}

function renameInGroup(group: unknown, rename: (name: string) => string): unknown {
  if (!isRecord(group) || !Array.isArray(group.rules)) return group;
  return { ...group, rules: group.rules.map((rule) => renameInRule(rule, rename)) };
}

function renameInRule(rule: unknown, rename: (name: string) => string): unknown {
  if (!isRecord(rule) || typeof rule.remote !== 'string' || !rule.remote.startsWith(GROUP)) return rule;
  return { ...rule, remote: GROUP + rename(rule.remote.slice(GROUP.length)) };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
