import { KernelError } from '../errors.ts';
import { type Run, startProgram, TIMEOUT_MS } from './run.ts';

/** A program that reads commands for as long as it lives, and says on stderr what it cannot do. */
interface Speech {
  readonly argv: readonly string[];
  /** All lines of one job as it wants them. */
  readonly job: (lines: readonly string[]) => string;
  /** A command that it does not know: what it says to that, `answer`, comes after all it says of the job before. */
  readonly question: (number: number) => string;
  readonly answer: (number: number) => RegExp;
}

/** By the command of which they do the work. */
const SPEECHES: Readonly<Record<string, Speech>> = {
  'nft -f -': {
    argv: ['nft', '--interactive'],
    // A line is a transaction.
    job: (lines) => lines.join('; '),
    question: (number) => `__${number}`,
    answer: (number) => new RegExp(`Error: syntax error,[^\\n]*\\n__${number}\\n *\\^\\n`),
  },
  'ipset restore': {
    argv: ['ipset', '-'],
    job: (lines) => lines.join('\n'),
    question: (number) => `create x __${number}`,
    answer: (number) => new RegExp(`ipset [^\\n]*typename '__${number}' is unknown\\n`),
  },
};

/** nft looks each line up among all that it has read. */
const JOBS_A_LIFE = 500;

/** One that hung is left alone for so long: whoever waits behind it has his call to answer in time. */
const REST_MS = 60_000;

/** Each line takes them 60 us: so many take as long as a process, which sends them to the kernel at once. */
const MOST_LINES = 80;

/**
 * Has jobs that may be done twice done by programs that stay: 0.1 to 0.5 ms each instead of a process, whose start alone
 * costs 2 ms and more. What such a program complains of, or dies of, is done again by a process of its own, which tells
 * what is wrong.
 */
export function withResidents(run: Run): Run {
  const residents = new Map(Object.entries(SPEECHES).map(([command, speech]) => [command, new Resident(speech)]));
  return async (argv, options = {}) => {
    const lines = (options.stdin ?? '').split('\n').filter(Boolean);
    const resident = options.repeatable && lines.length <= MOST_LINES ? residents.get(argv.join(' ')) : undefined;
    return (await resident?.does(lines)) ? '' : run(argv, options);
  };
}

/** One such program, started when there is something to do. */
class Resident {
  private readonly speech: Speech;
  private life: Life | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private restsUntil = 0;

  constructor(speech: Speech) {
    this.speech = speech;
  }

  /** One job at a time. Whether it was done without a word; rejects with a KernelError where no answer comes. */
  does(lines: readonly string[]): Promise<boolean> {
    const done = this.last.then(() => this.do(lines));
    this.last = done.catch(() => {});
    return done;
  }

  private async do(lines: readonly string[]): Promise<boolean> {
    if (performance.now() < this.restsUntil) return false;
    if (!this.life?.isFit) {
      this.life?.end();
      this.life = new Life(this.speech);
    }
    try {
      return (await this.life.tell(lines)) === '';
    } catch (error) {
      this.restsUntil = performance.now() + REST_MS;
      throw error;
    }
  }
}

/** From a program's start to its end. */
class Life {
  private readonly speech: Speech;
  private readonly child: ReturnType<typeof startProgram>;
  private jobs = 0;
  private said = '';
  private hasEnded = false;
  private heard: () => void = () => {};

  constructor(speech: Speech) {
    this.speech = speech;
    this.child = startProgram(speech.argv);
    // One that cannot be started, for want of descriptors, has no pipes.
    this.child.once('error', () => this.died());
    this.child.once('close', () => this.died());
    if (!this.child.stdin) return;
    // Nobody waits for it to end.
    for (const one of [this.child, this.child.stdin, this.child.stdout, this.child.stderr] as { unref?(): void }[])
      one.unref?.();
    this.child.stdin.on('error', () => {
      // It has ended; so says `close`.
    });
    // Prompts.
    this.child.stdout.resume();
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
      this.heard();
    });
  }

  get isFit(): boolean {
    return !this.hasEnded && this.jobs < JOBS_A_LIFE;
  }

  /** What it says of these lines; undefined where it has ended. */
  tell(lines: readonly string[]): Promise<string | undefined> {
    const { argv, job, question, answer } = this.speech;
    this.jobs += 1;
    const end = answer(this.jobs);
    const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
    const patience = setTimeout(() => {
      this.end();
      reject(new KernelError(argv, undefined, `killed by SIGKILL after ${TIMEOUT_MS} ms`));
    }, TIMEOUT_MS);
    this.heard = () => {
      const complaint = this.hasEnded ? undefined : end.exec(this.said);
      if (complaint === null) return;
      clearTimeout(patience);
      resolve(complaint && this.said.slice(0, complaint.index));
      this.said = '';
    };
    this.child.stdin?.write(`${job(lines)}\n${question(this.jobs)}\n`);
    this.heard();
    return promise;
  }

  end(): void {
    this.hasEnded = true;
    this.child.kill('SIGKILL');
  }

  private died(): void {
    this.hasEnded = true;
    this.heard();
  }
}
