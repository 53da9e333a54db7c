import type { Kernel } from '../kernel/kernel.ts';
import { type GuardElement, guardElements } from '../plan/guard.ts';
import type { Registry } from './registry.ts';

/** What the guard's sets should hold for the endpoints there are. */
export function wantedElements(registry: Registry): GuardElement[] {
  return registry.wantedEndpoints().flatMap((endpoint) => guardElements(endpoint));
}

/** Makes the guard's sets hold just that. Returns what was added and what was taken out. */
export async function repairGuard(registry: Registry, kernel: Kernel): Promise<{ added: string[]; removed: string[] }> {
  const held = (await kernel.guard.read())?.elements ?? [];
  // After the read: an endpoint is in the registry before it is in the kernel.
  const wanted = wantedElements(registry);
  const [wantedKeys, heldKeys] = [new Set(wanted.map(keyOf)), new Set(held.map(keyOf))];
  const missing = wanted.filter((element) => !heldKeys.has(keyOf(element)));
  const extra = held.filter((element) => !wantedKeys.has(keyOf(element)));
  await kernel.guard.add(missing);
  await kernel.guard.delete(extra);
  return { added: missing.map(nameOf), removed: extra.map(nameOf) };
}

const keyOf = ({ set, key }: GuardElement) => JSON.stringify([set, ...key]);
const nameOf = ({ set, key }: GuardElement) => `${set} ${key[0]}`;
