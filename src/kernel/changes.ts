import { setTimeout as pause } from 'node:timers/promises';
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
  /** Nobody listened for a while, or changes were lost: anything may have changed. */
  | { readonly of: 'anything' };

/** First and longest wait before a program that has ended is started again; one that lived so long has been well. */
const [FIRST_WAIT_MS, LONGEST_WAIT_MS, WELL_MS] = [1_000, 30_000, 60_000];

/** How long a program may take until it listens: nft reads all rules before. */
const LISTENING_MS = 3_000;

/** For `ip`, whose own is small: a thousand containers that start are many thousand changes. */
const RECEIVE_BUFFER_BYTES = 16 * 2 ** 20;

/**
 * Tells of changes until `signal` aborts, and of a program that does not listen. Two processes for as long, which sleep
 * while nothing happens. The kernel says nothing of ipsets, of legacy iptables and of sysctls.
 */
export function watchChanges(
  guard: string,
  tell: (change: HostChange) => void,
  failed: (error: unknown) => void,
  signal: AbortSignal,
): void {
  const links = ['ip', '-rcvbuf', String(RECEIVE_BUFFER_BYTES), '-oneline', 'monitor', 'link', 'address', 'route'];
  keepFollowing(['nft', 'monitor'], (line) => parseRuleChange(line, guard), tell, failed, signal);
  keepFollowing(links, parseLinkChange, tell, failed, signal);
}

async function keepFollowing(
  argv: readonly string[],
  parse: (line: string) => HostChange | undefined,
  tell: (change: HostChange) => void,
  failed: (error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let wait = FIRST_WAIT_MS; !signal.aborted; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    const began = performance.now();
    // What happens until it listens.
    const look = setTimeout(() => tell({ of: 'anything' }), LISTENING_MS).unref();
    try {
      // It says so there where changes come faster than it can take them, and goes on.
      const complained = () => tell({ of: 'anything' });
      for await (const line of follow(argv, signal, complained)) {
        const change = parse(line);
        if (change) tell(change);
      }
    } catch (error) {
      failed(error);
    }
    clearTimeout(look);
    if (performance.now() - began > WELL_MS) wait = FIRST_WAIT_MS;
    await pause(wait, undefined, { signal, ref: false }).catch(() => {});
  }
}

const RULE = /^\w+ (table|chain|rule) ip6? (?:mangle|filter|nat)(?: (\S+))?/;

/** Lines such as `delete rule ip mangle FORWARD handle 4`, or `add element bridge drawbridge macs { "dv-.." . .. }`. */
export function parseRuleChange(line: string, guard: string): HostChange | undefined {
  if (line.startsWith('# ERROR')) return { of: 'anything' };
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
