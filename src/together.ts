/**
 * Waits for jobs that run at once. Unlike Promise.all it does not reject before all of them have ended: whoever takes
 * back what one of them has failed in must not be overtaken by another.
 */
export async function together<Jobs extends readonly unknown[]>(
  jobs: readonly [...Jobs],
): Promise<{ -readonly [Index in keyof Jobs]: Awaited<Jobs[Index]> }> {
  const ended = await Promise.allSettled(jobs);
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed) throw (failed as PromiseRejectedResult).reason;
  return Promise.all(jobs) as Promise<{ -readonly [Index in keyof Jobs]: Awaited<Jobs[Index]> }>;
}
