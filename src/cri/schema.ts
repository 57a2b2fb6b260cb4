import type protobuf from 'protobufjs';
import { compileFacts, type FactsRecipe } from './collect.ts';
import { type CriMethod, criMethods } from './methods.ts';
import { compileProjection, type Projection } from './projection.ts';
import { loadProto } from './proto.ts';

/** A row of the method table with all that is derived from it and the schema, made once and shared by all calls. */
export interface CompiledMethod {
  readonly method: CriMethod;
  readonly request: Projection;
  readonly response: Projection;
  readonly recipe: FactsRecipe;
}

export interface CriSchema {
  readonly root: protobuf.Root;
  readonly methods: ReadonlyMap<CriMethod, CompiledMethod>;
}

/**
 * Reads the schema and compiles the method table. v1 decodes both versions: v1alpha2 is the same on the wire.
 * Throws when the table and the schema disagree.
 */
export const loadSchema = (): CriSchema => {
  const root = loadProto('v1');
  const methods = new Map<CriMethod, CompiledMethod>();
  for (const method of criMethods) {
    const rpc = root.lookupService(`runtime.v1.${method.service}`).methods[method.rpc];
    if (!rpc?.resolvedRequestType || !rpc.resolvedResponseType) {
      throw new Error(`proto/ has no ${method.service}/${method.rpc}`);
    }
    const request = compileProjection(rpc.resolvedRequestType, method.request, null);
    const response = compileProjection(rpc.resolvedResponseType, method.response, method.items);
    const recipe = compileFacts(method, rpc.resolvedRequestType, rpc.resolvedResponseType);
    methods.set(method, { method, request, response, recipe });
  }
  return { root, methods };
};
