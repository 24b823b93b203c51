// An upload's picture with what was found in it: 70 points a face, and a square to choose the face by.

import { useId, useState } from "preact/hooks";
import { viewOf, type FoundFace, type Upload } from "../api";
import { useStrings } from "../strings";

// Parts of a face as lines through points of iBUG 68, closed where the last entry is true.
const LINES: [number, number, boolean][] = [
  [0, 16, false], [17, 21, false], [22, 26, false], [27, 30, false], [31, 35, false],
  [36, 41, true], [42, 47, true], [48, 59, true], [60, 67, true],
];

interface Props {
  upload: Upload;
  alt: string;
  chosen: number;
  onChoose?: (face: number) => void;
}

export function FacePicture({ upload, alt, chosen, onChoose }: Props) {
  const strings = useStrings();
  const [isShown, setShown] = useState(true);
  const name = useId();
  const [width, height] = upload.size ?? [1, 1];
  const several = upload.faces.length > 1 && onChoose;
  return (
    <div class="face-picture">
      <div class="frame" style={{ aspectRatio: `${width} / ${height}`, maxWidth: `calc(46vh * ${width / height})` }}>
        <img src={viewOf(upload.id)} alt={alt} />
        {isShown && (
          <svg class="points" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
            {upload.faces.map((face, index) => (
              <FaceLines key={index} face={face} isChosen={index === chosen} />
            ))}
            {several &&
              upload.faces.map((face, index) => (
                <text
                  key={index}
                  class="face-number"
                  x={face.square[0] + face.square[2] * 0.04}
                  y={face.square[1] + face.square[3] * 0.2}
                  font-size={face.square[2] * 0.2}
                >
                  {index + 1}
                </text>
              ))}
          </svg>
        )}
      </div>
      <div class="under">
        {upload.faces.length > 0 && (
          <label class="check">
            <input type="checkbox" checked={isShown} onChange={() => setShown(!isShown)} />
            {strings.source.showPoints}
          </label>
        )}
        {several && (
          <fieldset class="choices">
            <legend>{strings.source.whichFace}</legend>
            {upload.faces.map((_, index) => (
              <label key={index} class="choice">
                <input
                  type="radio"
                  name={name}
                  checked={index === chosen}
                  onChange={() => onChoose(index)}
                />
                <span>{strings.source.face(index + 1)}</span>
              </label>
            ))}
          </fieldset>
        )}
      </div>
    </div>
  );
}

function FaceLines({ face, isChosen }: { face: FoundFace; isChosen: boolean }) {
  const [x, y, width, height] = face.square;
  const line = ([first, last, isClosed]: [number, number, boolean]) => {
    const points = face.landmarks.slice(first, last + 1).map((point) => point.join(",")).join(" ");
    return isClosed ? <polygon points={points} /> : <polyline points={points} />;
  };
  const pupils = face.landmarks.slice(68, 70);
  const stroke = Math.max(1, width / 110);
  return (
    <g class={isChosen ? "chosen" : "other"} stroke-width={stroke}>
      <rect x={x} y={y} width={width} height={height} rx={width * 0.04} />
      {LINES.map(line)}
      {pupils.map(([px, py]) => <circle cx={px} cy={py} r={stroke * 1.8} />)}
    </g>
  );
}
