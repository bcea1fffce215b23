// What can be exported, and how.
import type { NetworkName } from "../../shared/config/optimizer-config.ts";

export const FORMATS = ["layers-model", "onnx", "safetensors", "web"] as const;
export type ExportFormat = (typeof FORMATS)[number];

export const EXPORTED: readonly (NetworkName | "all")[] = ["generator", "discriminator", "classifier", "all"];

export interface ExportFlags {
  readonly format: ExportFormat;
  readonly runs: string;
  readonly network?: NetworkName | "all";
  readonly out?: string;
  readonly raw?: boolean;
  readonly batch?: number;
  readonly model?: string;
}
