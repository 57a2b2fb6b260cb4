/**
 * What the numbers of table entries tell, none of which was seen when it was made. They count in the order in which the
 * client first sent each field, and grpc-go sends the fields of every request in one order, so the first request of a
 * connection made the entries
 *
 *     n      n+1         n+2           n+3         n+4  n+5                     n+6
 *     :path  :authority  content-type  user-agent  te   [grpc-accept-encoding]  [grpc-timeout]
 *
 * and each that follows holds a path, a deadline or metadata that were new at the time.
 */
export interface HeaderTable {
  /** A request without a readable path: the entries that its fields are, its path's first. */
  used(epoch: number, entries: readonly number[]): void;
  /** Enough requests were seen, and all say which encodings they accept. */
  acceptsEncodings(): boolean;
  /** Enough requests were seen, and none says which encodings it accepts. */
  acceptsNoEncodings(): boolean;
  /**
   * Entries behind `from` and before `end` of which no request made use. Without `from`: behind the connection's first
   * two paths, which may be questions that are asked once, and behind the first deadline, which no later one is like.
   * Null: entries were made anew, and tell nothing of the order in which things were first sent.
   */
  unused(from: number | null, end: number): number | null;
}

/** Path, authority, content type, user agent and te: fields that every request has. */
const always = 5;
/** Requests by which one with a deadline that is in the table has come. */
const enoughRequests = 16;
/** Of clients without that field, one in as many has a deadline or none of its own. */
const someRequests = 4;
/** An entry takes 32 octets at least, of a table of 4096 (RFC 7541, 4.1; RFC 9113, 6.5.2). */
const maxEntries = 128;

export const createHeaderTable = (): HeaderTable => {
  let epoch: number | null = null;
  let requests = 0;
  let most = 0;
  let teIsFollowed = false;
  let teIsAlwaysFollowed = true;
  /** The entry of the first path, known by that of the authority that came with it. */
  let first: number | null = null;
  const inUse = new Set<number>();

  return {
    used(of, entries) {
      if (of !== epoch) {
        epoch = of;
        first = null;
        inUse.clear();
      }
      requests += 1;
      const [, authority] = entries;
      const te = entries[always - 1];
      if (authority === undefined || te === undefined) return;
      most = Math.max(most, entries.length);
      if (entries[always] === te + 1) teIsFollowed = true;
      else teIsAlwaysFollowed = false;
      // Made anew after they were evicted, they do not stand in a row, and tell nothing of the first request.
      first = te === authority + always - 2 ? authority - 1 : null;
      if (inUse.size + entries.length > maxEntries) inUse.clear();
      for (const entry of entries) inUse.add(entry);
    },
    acceptsEncodings: () => requests >= someRequests && most > always + 1 && teIsAlwaysFollowed,
    acceptsNoEncodings: () => requests >= enoughRequests && most === always + 1 && !teIsFollowed,
    unused(from, end) {
      if (first === null) return null;
      const firstDeadline = first + always + (teIsFollowed ? 1 : 0);
      let unused = 0;
      for (let entry = from === null ? firstDeadline + 2 : from + 1; entry < end; entry++) {
        if (!inUse.has(entry)) unused += 1;
      }
      return unused;
    },
  };
};
