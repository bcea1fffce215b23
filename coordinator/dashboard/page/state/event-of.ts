// One kind of event, by its type.
import type { NumberedEvent } from "../../events.ts";

export type EventOf<T extends NumberedEvent["type"]> = Extract<NumberedEvent, { type: T }>;
