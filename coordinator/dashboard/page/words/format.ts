// Numbers and durations as people read them, in the words that the terminal uses.

/** `1.5`, `0.0625`, `12,346`, `3e-7`: four digits at most, whole from 1,000 on. */
export function number(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "not a number";
  const short = Number(value.toPrecision(4));
  if (Math.abs(short) >= 1000) return whole(value);
  return Math.abs(short) < 1e-4 && short !== 0 ? short.toExponential() : String(short);
}

/** `61,203` */
export function whole(value: number | null | undefined): string {
  return typeof value === "number" && Number.isFinite(value)
    ? Math.round(value).toLocaleString("en-US")
    : "?";
}

/** `4.2 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h` */
export function duration(seconds: number | null | undefined): string {
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) return "unknown";
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const rounded = Math.round(seconds); // first, or there are minutes of 60 s
  if (rounded < 60) return `${rounded} s`;
  const minutes = Math.floor(rounded / 60);
  if (minutes < 60) return `${minutes} min ${padded(rounded % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${padded(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `12 s`, `3 min`, `2 h`, `5 d`: how long ago, roughly. */
export function ago(seconds: number): string {
  const passed = Math.max(0, Math.round(seconds)); // other machines have other clocks
  if (passed < 60) return `${passed} s`;
  if (passed < 3600) return `${Math.floor(passed / 60)} min`;
  return passed < 172_800 ? `${Math.floor(passed / 3600)} h` : `${Math.floor(passed / 86_400)} d`;
}

/** `1 node`, `3 nodes` */
export function plural(count: number, noun: string): string {
  return `${whole(count)} ${noun}${count === 1 ? "" : "s"}`;
}

function padded(value: number): string {
  return String(value).padStart(2, "0");
}
