// What will become of a source's images, before any of them is decoded.
import { GanglionError } from "../../errors.ts";
import type { OnProgress } from "../format.ts";
import type { ImageOptions } from "../image-options.ts";
import type { Target } from "./decode.ts";
import { notesOf } from "./notes.ts";
import { type BadPicture, type Survey, surveyPictures } from "./survey.ts";
import { pixelTarget, targetOf } from "./target.ts";
import type { ImageSource, PixelContent } from "../source.ts";

export interface SourcePlan {
  /** [H, W, C]. */
  readonly imageShape: readonly [number, number, number];
  /** What every image is made into; null where they stay as they are. */
  readonly target: Target | null;
  /** Images of the source that may be read: those whose headers are not bad. */
  readonly count: number;
  readonly survey: Survey;
  /** By index. */
  readonly bad: ReadonlyMap<number, BadPicture>;
  /** What will be done to the images, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * @throws GanglionError DATA when the images are of several sizes and none is wanted, when no picture can be read, or the
 *   source is damaged
 */
export async function planSource(
  { content }: ImageSource,
  name: string,
  { images, onProgress }: { readonly images: ImageOptions; readonly onProgress?: OnProgress },
): Promise<SourcePlan> {
  switch (content.kind) {
    case "pixels":
      return planPixels(content, name, images);
    case "pictures": {
      const { survey, bad } = await surveyPictures(content, onProgress);
      if (bad.size === content.count) throw badPictures(name, [...bad.values()], true);
      const target = targetOf(survey, name, images);
      const { imageShape } = target;
      const notes = notesOf(survey, target, images);
      return { imageShape, target, count: content.count - bad.size, survey, bad, notes };
    }
    default:
      return content satisfies never;
  }
}

function planPixels(content: PixelContent, name: string, images: ImageOptions): SourcePlan {
  const target = pixelTarget(content, name, images);
  const survey = surveyPixels(content);
  return {
    imageShape: target?.imageShape ?? content.imageShape,
    target,
    count: content.count,
    survey,
    bad: new Map(),
    notes: target ? notesOf(survey, target, images) : [],
  };
}

/** Of images that are not encoded. */
export function surveyPixels({ count, imageShape: [height, width, channels] }: PixelContent): Survey {
  return {
    formats: {},
    sizes: [{ height, width, count }],
    grey: channels === 1 ? count : 0,
    colour: channels === 1 ? 0 : count,
    alpha: channels === 4 ? count : 0,
    oriented: 0,
    sixteenBit: 0,
    palette: 0,
    cmyk: 0,
    animated: 0,
  };
}

/** Names them all up to a number that can be read. `isAll`: no picture is left. */
export function badPictures(name: string, bad: readonly BadPicture[], isAll = false): GanglionError {
  const listed = bad.slice(0, MOST_LISTED).map((picture) => `${picture.name}: ${picture.reason}`);
  const more = bad.length - listed.length;
  const rest = more > 0 ? `; and ${more} more, which ganglion data lists` : "";
  const remedy = isAll
    ? "give pictures that can be opened"
    : "mend or remove them, or go on without them by --skip-bad";
  return new GanglionError(
    "DATA",
    `${isAll ? "all " : ""}${bad.length} ${bad.length === 1 ? "picture" : "pictures"} of ${name} cannot be read (${listed.join("; ")}${rest}): ${remedy}`,
  );
}

const MOST_LISTED = 10;
