import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { FileFacts } from './facts.ts';

/** What the files below `root`, which is / but in tests, say of the host; one that is not there says nothing. */
export function readFiles(root: string): FileFacts {
  const processes = commandLines(root);
  return {
    iptables: iptablesOf(root),
    firewalld: processes.some((words) => words.some((word) => word.endsWith('/firewalld'))),
    ufw: /^ENABLED=yes$/m.test(text(root, 'etc/ufw/ufw.conf')),
    userlandProxy:
      daemonSettings(root)['userland-proxy'] !== false &&
      !processes.some(([program = '', ...words]) => /(^|\/)dockerd$/.test(program) && words.includes(PROXY_OFF)),
  };
}

const PROXY_OFF = '--userland-proxy=false';

function daemonSettings(root: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text(root, 'etc/docker/daemon.json'));
  } catch {
    return {};
  }
}

/** The words of all processes' command lines; kernel threads have none. */
function commandLines(root: string): readonly (readonly string[])[] {
  try {
    return readdirSync(join(root, 'proc'))
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => text(root, `proc/${pid}/cmdline`).split('\0'));
  } catch {
    return [];
  }
}

/** The command is a link, over Debian's alternatives or at once, to a program that serves all of its names. */
function iptablesOf(root: string): FileFacts['iptables'] {
  for (const file of ['usr/sbin/iptables', 'sbin/iptables']) {
    try {
      const program = realpathSync(join(root, file));
      if (program.includes('legacy')) return 'legacy';
      if (program.includes('nft')) return 'nft';
    } catch {
      // Not there.
    }
  }
  return undefined;
}

function text(root: string, file: string): string {
  try {
    return readFileSync(join(root, file), 'utf8');
  } catch {
    return '';
  }
}
