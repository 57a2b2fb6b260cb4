import { findMethod } from '../../cri/methods.ts';
import type { CriSchema } from '../../cri/schema.ts';
import type { RewriterOf } from './connection.ts';
import { redactMessageValues } from './message-values.ts';

/** Rewrites the messages of the methods that the schema has; those of any other method cannot be decoded. */
export const createCriRewriter =
  (schema: CriSchema): RewriterOf =>
  (path, direction) => {
    const found = findMethod(path);
    const compiled = found === null ? undefined : schema.methods.get(found.method);
    if (compiled === undefined) return null;
    const { type } = compiled[direction];
    return (bytes) => {
      try {
        redactMessageValues(bytes, type);
        return true;
      } catch {
        // protobufjs says what is wrong with a broken message only by throwing; it is overwritten whole.
        return false;
      }
    };
  };
