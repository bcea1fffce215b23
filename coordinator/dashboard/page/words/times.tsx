// Moments in the viewer's own time zone.
import type { VNode } from "preact";

/** `14:03:59`, with the day before it where that is another one than today. */
export function momentOf(iso: string, now: Date = new Date()): string {
  const date = new Date(iso);
  const clock = date.toLocaleTimeString("en-GB");
  const isToday = date.toDateString() === now.toDateString();
  return isToday ? clock : `${date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${clock}`;
}

export function Moment({ iso }: { readonly iso: string }): VNode {
  const full = new Date(iso).toLocaleString("en-GB", { dateStyle: "full", timeStyle: "long" });
  return (
    <time dateTime={iso} title={full}>
      {momentOf(iso)}
    </time>
  );
}
