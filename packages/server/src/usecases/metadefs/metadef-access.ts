/**
 * Finding a namespace and asking the policy about it. What a caller may not see does not exist; who may see the
 * namespace is told what is denied. Source: contract 10 §6.
 */
import { notFound } from '../../domain/errors.ts';
import type { MetadefNamespace } from '../../domain/metadefs/metadefs.ts';
import type { PolicyTarget } from '../../domain/policy/named-values.ts';
import { namespaceTarget } from '../../domain/policy/metadef-target.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { quoteForMessage } from '../../domain/text-rules.ts';
import { denied } from '../authorization.ts';
import type { ServiceParts } from '../service-parts.ts';

export type MetadefParts = Pick<ServiceParts, 'metadefs' | 'policy' | 'clock'>;

const readRule = 'get_metadef_namespace';

/** Raises `forbidden` unless the rules allow it, `notFound` when the caller may not even read namespaces like this. */
export async function authorizeOnMetadefs(
  { policy }: Pick<ServiceParts, 'policy'>,
  context: RequestContext,
  request: { readonly rules: readonly string[]; readonly target: PolicyTarget },
): Promise<void> {
  const engine = policy.current();
  for (const rule of request.rules) {
    if (await engine.allows(context, rule, request.target)) continue;
    if (rule !== readRule && (await engine.allows(context, readRule, request.target))) {
      throw await denied(engine, context, { rule, target: request.target });
    }
    throw notFound('There are no such metadata definitions.');
  }
}

/** Whether a rule allows it; for items that vanish from lists. */
export async function isAllowed(
  { policy }: Pick<ServiceParts, 'policy'>,
  context: RequestContext,
  request: { readonly rule: string; readonly target: PolicyTarget },
): Promise<boolean> {
  return policy.current().allows(context, request.rule, request.target);
}

/** The namespace, once the rules allow what is wanted of it. */
export async function openNamespace(
  parts: Pick<ServiceParts, 'metadefs' | 'policy'>,
  context: RequestContext,
  wanted: { readonly namespace: string; readonly rules: readonly string[] },
): Promise<MetadefNamespace> {
  const namespace = await parts.metadefs.namespaces.show(context, wanted.namespace);
  if (namespace === undefined) throw namespaceNotFound(wanted.namespace);
  await authorizeOnMetadefs(parts, context, { rules: wanted.rules, target: namespaceTarget(namespace) });
  return namespace;
}

export function namespaceNotFound(name: string): Error {
  return notFound(`There is no metadata definition namespace ${quoteForMessage(name)}.`);
}

/** `kind` is `object`, `tag`, … */
export function childNotFound(kind: string, name: string): Error {
  return notFound(`There is no metadata definition ${kind} ${quoteForMessage(name)} in the namespace.`);
}
