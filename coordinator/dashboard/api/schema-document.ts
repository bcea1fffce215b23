// The routes of the dashboard with what they take and answer, as JSON Schemas.
import { z } from "zod";
import { dataSchema, nothingSchema, rangeSchema } from "./parameters.ts";
import {
  runAnswer,
  runsAnswer,
  samplesAnswer,
  seriesAnswer,
  seriesDataAnswer,
  warningsAnswer,
} from "./schemas.ts";

interface Route {
  readonly what: string;
  readonly parameters: z.ZodType;
  readonly answer: z.ZodType;
}

/** By path. */
export const ROUTES: Readonly<Record<string, Route>> = {
  "/api/run": { what: "what the run is, and its state", parameters: nothingSchema, answer: runAnswer },
  "/api/samples": {
    what: "the sample grids, all since the first, or those of a range of steps",
    parameters: rangeSchema,
    answer: samplesAnswer,
  },
  "/api/series": { what: "the series of numbers that there are", parameters: nothingSchema, answer: seriesAnswer },
  "/api/series/data": {
    what: "values of series over a range of steps, in at most so many buckets that keep every minimum and maximum",
    parameters: dataSchema,
    answer: seriesDataAnswer,
  },
  "/api/warnings": { what: "what the run was warned of", parameters: nothingSchema, answer: warningsAnswer },
  "/api/runs": {
    what: "the runs of a folder (ganglion dashboard); the routes of each are under /runs/<run>",
    parameters: nothingSchema,
    answer: runsAnswer,
  },
}; // prettier-ignore

/** As `/api/schema` answers it. */
export function schemaDocument(): object {
  return {
    title: "Ganglion dashboard",
    documentation: "docs/api.md",
    routes: Object.fromEntries(
      Object.entries(ROUTES).map(([path, { what, parameters, answer }]) => [
        `GET ${path}`,
        {
          what,
          parameters: z.toJSONSchema(parameters, { io: "input" }),
          answer: z.toJSONSchema(answer),
        },
      ]),
    ),
  };
}
