// Whose motion is chosen, where several faces are in the picture: each has one of its own, or stays still.

import { viewOf, type FoundFace, type Upload } from "../api";
import { castOf, type Cast, type Draft } from "../draft";
import { useStrings } from "../strings";
import type { Strings } from "../strings/en";

interface Props {
  draft: Draft;
  /** The face whose motion is chosen, counted from 0. */
  face: number;
  onFace: (face: number) => void;
}

export function FaceTabs({ draft, face, onFace }: Props) {
  const strings = useStrings();
  const { source } = draft;
  if (!source || source.faces.length < 2) return null;
  if (draft.further.length > 0) return <p class="hint">{strings.motion.oneFaceAlone}</p>;
  return (
    <fieldset>
      <legend>{strings.motion.whose}</legend>
      <div class="faces">
        {source.faces.map((found, index) => (
          <label key={index} class="choice">
            <input type="radio" name="cast" checked={index === face} onChange={() => onFace(index)} />
            <span>
              <FaceCrop source={source} face={found} />
              <span>
                <strong>{strings.source.face(index + 1)}</strong>
                {nameOf(strings, castOf(draft, index))}
              </span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** What moves a face, in a word or two. */
export function nameOf(strings: Strings, { motion, driver, voice }: Cast): string {
  if (motion) return strings.motion.names[motion] ?? motion;
  if (driver) return driver.label || strings.motion.video;
  return voice ? strings.motion.speech : strings.motion.still;
}

function FaceCrop({ source, face }: { source: Upload; face: FoundFace }) {
  const [width, height] = source.size ?? [1, 1];
  const [x, y, side] = face.square;
  const place = (start: number, whole: number) => `${(100 * start) / Math.max(whole - side, 1)}%`;
  return (
    <i
      class="face-crop"
      aria-hidden="true"
      style={{
        backgroundImage: `url(${viewOf(source.id)})`,
        backgroundSize: `${(100 * width) / side}% ${(100 * height) / side}%`,
        backgroundPosition: `${place(x, width)} ${place(y, height)}`,
      }}
    />
  );
}
