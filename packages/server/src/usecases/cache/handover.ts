/**
 * Hands chunks from one who pushes to one who pulls, one at a time: a push ends when the puller comes back for more, so
 * that nothing is kept or copied in between.
 */
export interface Handover {
  /** Resolves when the chunk was used, or nobody wants it any more. Calls must not overlap. */
  push(chunk: Uint8Array): Promise<void>;
  /** What was pushed last is the end. */
  end(): void;
  /** Pulling raises the error; pushes resolve. */
  fail(error: Error): void;
  /** To be iterated once. Whoever stops early lets the pushes resolve. */
  chunks(): AsyncGenerator<Uint8Array>;
  /** Lets the pushes resolve, when nobody pulls. */
  close(): void;
}

export function openHandover(): Handover {
  let offered = Promise.withResolvers<Uint8Array | null>();
  let used = Promise.withResolvers<void>();
  let hasEnded = false;
  let isClosed = false;
  let failure: Error | undefined;

  function close(): void {
    isClosed = true;
    used.resolve();
  }

  function checkWorking(): void {
    if (failure !== undefined) throw failure;
  }

  return {
    push(chunk) {
      if (isClosed) return Promise.resolve();
      const { promise } = used;
      offered.resolve(chunk);
      return promise;
    },
    end() {
      hasEnded = true;
      offered.resolve(null);
    },
    fail(error) {
      failure = error;
      offered.resolve(null);
      close();
    },
    async *chunks() {
      try {
        for (;;) {
          const chunk = await offered.promise;
          checkWorking();
          if (chunk === null) return;
          offered = Promise.withResolvers();
          yield chunk;
          const { resolve } = used;
          used = Promise.withResolvers();
          resolve();
          checkWorking();
          if (hasEnded) return;
        }
      } finally {
        close();
      }
    },
    close,
  };
}
