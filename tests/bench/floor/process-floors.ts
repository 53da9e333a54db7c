import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { residentBytes } from '../../support/footprint.ts';
import type { Netns } from '../../support/netns.ts';
import { type Sample, timed } from '../rounds.ts';
import { feed } from './bare-host.ts';

const PROGRAM = `require('node:net').createServer((socket) => socket.end()).listen(process.argv[1]);`;

/** A bare Node that listens in a namespace, started as the plugin is, without a line of ours: milliseconds until it answers, and its MiB of memory. */
export async function bareNode(host: Netns): Promise<Sample> {
  const directory = mkdtempSync(join(tmpdir(), 'db-bench-'));
  const socket = join(directory, 'socket');
  const began = performance.now();
  const [file = '', ...args] = host.inside(process.execPath, '--max-semi-space-size=1', '-e', PROGRAM, socket);
  const child = spawn(file, args, { stdio: 'ignore' });
  try {
    while (!(await answers(socket))) await setTimeout(5);
    const answering = performance.now() - began;
    return { answering, rss: residentBytes({ pid: child.pid ?? 0 }) / 1_048_576 };
  } finally {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    rmSync(directory, { recursive: true });
  }
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

const READS = [
  ['ip', '-json', '-details', 'link', 'show'],
  ['ip', '-json', 'address', 'show', 'scope', 'global'],
  ['iptables-save', '-t', 'mangle'],
  ['ip6tables-save', '-t', 'mangle'],
  ['ipset', 'save'],
  ['nft', '--json', 'list', 'table', 'bridge', 'drawbridge'],
];

/** Seconds for reading once what a host's kernel has, all of it at the same time. */
export const readingAll = async (host: Netns): Promise<number> =>
  (await timed(() => Promise.all(READS.map((argv) => feed(host, '', ...argv))))) / 1_000;
