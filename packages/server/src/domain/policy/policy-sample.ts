/**
 * The default rules as a policy file: what each is about and guards in comments above it. Read again it means the same.
 */
import { defaultRules } from './default-rules.ts';
import type { DefaultRule } from './default-rules.ts';

/** Rules are commented out, so that the file can be installed as it is and changed where it is to differ, unless `active`. */
export function policySample({ active }: { readonly active: boolean }): string {
  return `${defaultRules.map((rule) => ruleText(rule, active)).join('\n\n')}\n`;
}

function ruleText(rule: DefaultRule, active: boolean): string {
  const former =
    rule.formerCheck === null ? [] : [`With enforce_new_defaults = false also by: ${JSON.stringify(rule.formerCheck)}`];
  const scopes = rule.scopeTypes.length === 0 ? [] : [`For tokens of the scope: ${rule.scopeTypes.join(', ')}`];
  const operations = rule.operations.map(({ method, path }) => `${method.padEnd(6)} ${path}`);
  const comments = [rule.description, ...operations, ...scopes, ...former].map((line) => `# ${line}`);
  // JSON's strings are YAML's too.
  const line = `${JSON.stringify(rule.name)}: ${JSON.stringify(rule.check)}`;
  return [...comments, active ? line : `#${line}`].join('\n');
}
