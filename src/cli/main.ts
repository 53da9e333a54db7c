import { text } from 'node:stream/consumers';
import { runCli } from './run-cli.ts';

/** The process of `drawbridge`: streams, Ctrl-C and the exit code; all else is in run-cli.ts. */
const interruption = new AbortController();
// Once: whoever presses Ctrl-C a second time does not want to wait for an orderly end.
process.once('SIGINT', () => interruption.abort());

// `drawbridge denied --follow | head` ends when head has seen enough, and that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

runCli(process.argv.slice(2), {
  stdout: (words) => process.stdout.write(words),
  stderr: (words) => process.stderr.write(words),
  stdin: () => text(process.stdin),
  env: process.env,
  pluginSockets: '/run/docker/plugins',
  hostRoot: '/',
  signal: interruption.signal,
}).then((code) => {
  process.exitCode = code;
});
