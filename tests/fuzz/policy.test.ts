import { parsePolicy } from '../../src/cli/policy/parse-policy.ts';
import { COMPILED_RULES_PER_HOST } from '../../src/model/security-group.ts';
import { compiledSize } from '../../src/plan/group-rules.ts';
import { type PolicyChange, policyChanges } from '../../src/policy/changes.ts';
import { applied } from '../../src/policy/document.ts';
import { checkPolicy, EMPTY_POLICY } from '../../src/policy/policy.ts';
import { PolicyDocument } from '../../src/protocol/admin/schemas.ts';
import { Random } from '../support/random.ts';
import { firstSeed, inputs } from './how-many.ts';
import { mutated, mutatedText } from './mutation.ts';
import { BOMBS, DOCUMENTS, YAML_TOKENS } from './policies.ts';
import { notASentence } from './sentence.ts';

/** On a busy machine; most take less than one. */
const SLOWEST_MS = 5_000;

/** From the text of a file to the plan of what would change; throws where there is something wrong with it. */
function planned(text: string): PolicyChange[] {
  const { document } = parsePolicy(text, 'policy.yaml');
  // As it goes over the wire.
  const decoded = PolicyDocument.safeParse(JSON.parse(JSON.stringify(document)));
  // In which words the plugin refuses it is looked at where requests are sent.
  if (!decoded.success) throw new Error('this is no policy document');
  const next = applied(EMPTY_POLICY, decoded.data, true);
  checkPolicy(next, compiledSize, COMPILED_RULES_PER_HOST);
  return policyChanges(EMPTY_POLICY, next);
}

/** Whether it was taken; throws where it was refused in a way that helps nobody, or took too long. */
function taken(text: string): boolean {
  const began = performance.now();
  const refusal = refusalOf(text);
  const milliseconds = performance.now() - began;
  const slow = milliseconds > SLOWEST_MS ? `${milliseconds.toFixed()} ms` : undefined;
  const wrong = slow ?? (refusal && notASentence(refusal.message));
  if (wrong) throw new Error(`${wrong}, for\n${text.slice(0, 2_000)}`, { cause: refusal });
  return refusal === undefined;
}

function refusalOf(text: string): Error | undefined {
  try {
    planned(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(`thrown: ${error}`);
  }
}

test(`${inputs.policies} policy files: each is a plan or a sentence`, () => {
  const random = new Random(firstSeed);
  let accepted = 0;
  for (let count = 0; count < inputs.policies; count += 1) {
    let text = random.pick(DOCUMENTS);
    if (random.chance(50)) text = JSON.stringify(mutated(random, parsePolicy(text, 'sample').document as never));
    for (let times = random.between(0, 3); times > 0; times -= 1) text = mutatedText(random, text, YAML_TOKENS);
    if (taken(text)) accepted += 1;
  }
  console.log(`seed ${firstSeed}: ${accepted} policies of ${inputs.policies} were taken`);
  expect(accepted).toBeGreaterThan(0);
});

test.each(Object.entries(BOMBS))('%s is refused with a sentence', (_, text) => {
  expect(taken(text)).toBe(false);
});
