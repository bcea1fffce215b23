// Hooks of the page's parts: what is known now, and the time that passes.
import { useEffect, useState } from "preact/hooks";
import type { Snapshot, Store } from "./store.ts";

export function useSnapshot(store: Store): Snapshot {
  const [now, setNow] = useState(store.now);
  useEffect(() => store.watch(setNow), [store]);
  return now;
}

/** The time in milliseconds, anew every second. */
export function useClock(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** Whether a media query holds. */
export function useMedia(query: string): boolean {
  const [holds, setHolds] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const change = (): void => setHolds(list.matches);
    list.addEventListener("change", change);
    return () => list.removeEventListener("change", change);
  }, [query]);
  return holds;
}
