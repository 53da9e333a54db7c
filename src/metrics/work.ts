import type { Registry } from 'prom-client';
import { counter, histogram } from './instruments.ts';

/** Counts and durations of what is done. Each label has few values, whatever is asked. */
export const workIn = (registry: Registry) => ({
  callsByOutcome: counter(registry, {
    name: 'drawbridge_calls_total',
    help: 'Calls of the engine and of the admin API, by method and outcome: ok, or the kind of error',
    labels: ['method', 'outcome'],
  }),
  calls: histogram(registry, {
    name: 'drawbridge_call_duration_seconds',
    help: 'How long calls took, by method',
    labels: ['method'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25],
  }),
  refusals: counter(registry, {
    name: 'drawbridge_refused_requests_total',
    help: 'Requests answered with an error, by its kind; those that were no calls and those before the start among them',
    labels: ['kind'],
  }),
  commands: histogram(registry, {
    name: 'drawbridge_command_duration_seconds',
    help: 'Processes that were started, and how long they took, by program',
    labels: ['program'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 10],
  }),
  failedCommands: counter(registry, {
    name: 'drawbridge_command_failures_total',
    help: 'Processes that failed or were out of time, by program; some are asked what may not be there',
    labels: ['program'],
  }),
  commits: histogram(registry, {
    name: 'drawbridge_store_commit_duration_seconds',
    help: 'Transactions of the state file, and how long they took',
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1, 5],
  }),
  failedCommits: counter(registry, {
    name: 'drawbridge_store_commit_failures_total',
    help: 'Transactions of the state file that failed',
  }),
  repairs: counter(registry, {
    name: 'drawbridge_repairs_total',
    help: 'What of ours in the kernel had to be put right, by what was done',
    labels: ['kind'],
  }),
  reclaims: counter(registry, {
    name: 'drawbridge_reclaims_total',
    help: 'Networks, endpoints and addresses that were taken back as the engine did not give them back, by reason',
    labels: ['reason'],
  }),
});
