import { setTimeout } from 'node:timers/promises';
import { follow } from './run.ts';

/** A change of this host's network that the kernel has told of, whoever made it. */
export type HostChange =
  /** Of a table or chain that iptables shows; a chain that got another name is told by the new one alone. */
  | { readonly of: 'chain' }
  | { readonly of: 'rule'; readonly chain: string }
  /** Of the guard's rules or sets. */
  | { readonly of: 'guard' }
  /** Elements of the guard's sets, by their links. */
  | { readonly of: 'guard elements'; readonly gone: boolean; readonly links: readonly string[] }
  | { readonly of: 'link'; readonly name: string }
  /** An address or a route went. */
  | { readonly of: 'address'; readonly link: string }
  /** Nobody listened for a while: anything may have changed. */
  | { readonly of: 'anything' };

/** First and longest wait before a program that has ended is started again. */
const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [1_000, 30_000];

/**
 * Tells of changes until `signal` aborts. Two processes for as long, which sleep while nothing happens. The kernel says
 * nothing of ipsets, of legacy iptables and of sysctls.
 */
export function watchChanges(guard: string, tell: (change: HostChange) => void, signal: AbortSignal): void {
  keepFollowing(['nft', 'monitor'], (line) => parseRuleChange(line, guard), tell, signal);
  keepFollowing(['ip', '-oneline', 'monitor', 'link', 'address', 'route'], parseLinkChange, tell, signal);
}

async function keepFollowing(
  argv: readonly string[],
  parse: (line: string) => HostChange | undefined,
  tell: (change: HostChange) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let wait = FIRST_WAIT_MS; !signal.aborted; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    try {
      for await (const line of follow(argv, signal)) {
        const change = parse(line);
        if (change) tell(change);
      }
    } catch {
      // Killed, or more changes at once than it could take: it is started again, and all is looked at.
    }
    await setTimeout(wait, undefined, { signal, ref: false }).catch(() => {});
    if (!signal.aborted) tell({ of: 'anything' });
  }
}

const RULE = /^\w+ (table|chain|rule) ip6? (?:mangle|filter|nat)(?: (\S+))?/;

/** Lines such as `delete rule ip mangle FORWARD handle 4`, or `add element bridge drawbridge macs { "dv-.." . .. }`. */
export function parseRuleChange(line: string, guard: string): HostChange | undefined {
  const [, kind, chain = ''] = RULE.exec(line) ?? [];
  if (kind) return kind === 'rule' ? { of: 'rule', chain } : { of: 'chain' };
  const [isGuard, what] = new RegExp(`^\\w+ (\\w+) ${guard}\\b`).exec(line) ?? [];
  if (!isGuard) return undefined;
  if (what !== 'element') return { of: 'guard' };
  const gone = line.startsWith('delete');
  return { of: 'guard elements', gone, links: [...line.matchAll(/"([^"]+)"/g)].map(([, link = '']) => link) };
}

/** Lines such as `7: dv-..@if6: <BROADCAST,..`, `Deleted 5: db-..    inet 10.7.0.1/24 ..`, `Deleted 10.7.0.0/24 dev db-.. ..`. */
export function parseLinkChange(line: string): HostChange | undefined {
  const [isLink, name = ''] = /^(?:Deleted )?\d+: ([^@:\s]+)[@:]/.exec(line) ?? [];
  if (isLink) return { of: 'link', name };
  const [, address, route] = /^Deleted (?:\d+: (\S+) +inet|.* dev (\S+))/.exec(line) ?? [];
  const link = address ?? route;
  return link === undefined ? undefined : { of: 'address', link };
}
