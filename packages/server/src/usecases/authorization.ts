/**
 * Asking the policy, and what a refusal looks like: an image the caller may not even read does not exist for it.
 * Source: contract 10 §6.
 */
import { forbidden, notFound } from '../domain/errors.ts';
import type { Image } from '../domain/images/image.ts';
import { decidingSentence } from '../domain/policy/explanation-text.ts';
import { formerOwnershipAllows } from '../domain/policy/former-ownership.ts';
import { imageTarget } from '../domain/policy/image-target.ts';
import type { PolicyTarget } from '../domain/policy/named-values.ts';
import type { PolicyEngine } from '../domain/policy/policy-engine.ts';
import type { RequestContext } from '../domain/request-context.ts';
import type { ServiceParts } from './service-parts.ts';

type PolicyParts = Pick<ServiceParts, 'policy'>;

export interface PolicyQuestion {
  readonly rule: string;
  readonly target: PolicyTarget;
}

/** Raises `forbidden` unless the rule allows it. */
export async function authorize(parts: PolicyParts, context: RequestContext, request: PolicyQuestion): Promise<void> {
  const engine = parts.policy.current();
  if (!(await engine.allows(context, request.rule, request.target))) throw await denied(engine, context, request);
}

/** Rules about what becomes of an image, whose refusal says so whether the caller may read the image or not. */
const openlyRefused: ReadonlySet<string> = new Set(['publicize_image', 'communitize_image']);

/** Raises `forbidden` unless the rules allow it on this image, `notFound` when the caller may not read the image. */
export async function authorizeOnImage(
  parts: PolicyParts,
  context: RequestContext,
  request: { readonly rules: readonly string[]; readonly image: Image },
): Promise<void> {
  const engine = parts.policy.current();
  const target = imageTarget(request.image, context);
  for (const rule of request.rules) {
    if (await engine.allows(context, rule, target)) {
      if (engine.enforcesNewDefaults || formerOwnershipAllows(rule, request.image, context)) continue;
      throw forbidden('Only the owner of the image may do this.');
    }
    if (openlyRefused.has(rule)) throw await denied(engine, context, { rule, target });
    if (rule !== 'get_image' && (await engine.allows(context, 'get_image', target))) {
      throw await denied(engine, context, { rule, target });
    }
    throw imageNotFound(request.image.id);
  }
}

/** What a refusal by a rule says: that it did, and to administrators, where the operator wants it, also why. */
export async function denied(
  engine: PolicyEngine,
  context: RequestContext,
  { rule, target }: PolicyQuestion,
): Promise<Error> {
  const refusal = `Policy does not allow ${rule} to be performed with this token.`;
  if (!engine.explainsDenials || !context.isAdmin) return forbidden(refusal);
  return forbidden(`${refusal} ${decidingSentence(await engine.explain(context, rule, target))}`);
}

export function imageNotFound(imageId: string): Error {
  return notFound(`There is no image with ID ${imageId}.`);
}
