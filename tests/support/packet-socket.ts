import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Netns } from './netns.ts';

/*
 * Packet sockets, in Perl: it is on every Debian system, and Node has none.
 */

const OPEN = `
  use Socket;
  my $link = shift; open(my $f, '<', "/sys/class/net/$link/ifindex") or die "$link: $!"; my $index = <$f>;
  my $address = pack('SnlSCCa8', 17, 3, $index, 1, 0, 6, '');
  socket(my $s, 17, 3, unpack('S', pack('n', PROTOCOL))) or die $!;`;

const SEND = `${OPEN.replace('PROTOCOL', '0')}
  while (<STDIN>) { chomp; send($s, pack('H*', $_), 0, $address) or die $!; }`;

const SNIFF = `${OPEN.replace('PROTOCOL', '3')}
  bind($s, $address) or die $!;
  $| = 1; print "ready\\n";
  while (my $from = recv($s, my $frame, 65535, 0)) {
    print unpack('H*', $frame), "\\n" if (unpack('SnlSC', $from))[4] != 4;
  }`;

/** Sends frames as they stand, in this order. */
export async function sendFrames(from: Netns, link: string, frames: readonly Buffer[]): Promise<void> {
  await from.feed(frames.map((frame) => `${frame.toString('hex')}\n`).join(''), 'perl', '-e', SEND, link);
}

/** Sees every frame that comes in by a link, whether or not anybody there wants it. */
export class Sniffer implements AsyncDisposable {
  private readonly frames: string[] = [];
  private readonly child: ChildProcess;
  private changed = Promise.withResolvers<void>();

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  static async on(netns: Netns, link: string): Promise<Sniffer> {
    const [file = '', ...args] = netns.inside('perl', '-e', SNIFF, link);
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const sniffer = new Sniffer(child);
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      sniffer.frames.push(...lines);
      sniffer.changed.resolve();
      sniffer.changed = Promise.withResolvers<void>();
    });
    await sniffer.until(() => sniffer.frames.includes('ready'), 'ready');
    return sniffer;
  }

  /** Whether a frame with this text in it has come. */
  saw(text: string): boolean {
    const hex = Buffer.from(text).toString('hex');
    return this.frames.some((frame) => frame.includes(hex));
  }

  /** Resolves when such a frame has come; rejects after ten seconds. */
  waitFor(text: string): Promise<void> {
    return this.until(() => this.saw(text), text);
  }

  private async until(reached: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (!reached()) {
      if (Date.now() > deadline) throw new Error(`"${what}" did not come`);
      const late = new Promise<void>((resolve) => setTimeout(resolve, deadline - Date.now()).unref());
      await Promise.race([this.changed.promise, late]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}
