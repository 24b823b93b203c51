// On what ground a likeness is shown: asked before anything is made.

import type { Ground } from "../api";
import { useStrings } from "../strings";

const GROUNDS: Ground[] = ["self", "agreed", "character", "historical"];

export function ConsentQuestion({ ground, onChange }: { ground: Ground | null; onChange: (ground: Ground) => void }) {
  const strings = useStrings();
  return (
    <fieldset class="sound">
      <legend>{strings.consent.question}</legend>
      <div class="choices">
        {GROUNDS.map((one) => (
          <label key={one} class="choice">
            <input type="radio" name="consent" checked={ground === one} onChange={() => onChange(one)} />
            <span>{strings.consent[one]}</span>
          </label>
        ))}
      </div>
      <p class="hint">{strings.consent.help}</p>
    </fieldset>
  );
}
