// What this machine can do.

import { useEffect, useState } from "preact/hooks";
import { api, type About } from "../api";
import { Icon } from "../components/icon";
import { Problem } from "../components/problem";
import { useStrings } from "../strings";

export function Doctor({ about }: { about: About | null }) {
  const strings = useStrings();
  const [text, setText] = useState<string | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const measure = () => {
    setText(null);
    api.doctor().then((found) => setText(found.text || found.complaints), setProblem);
  };
  useEffect(measure, []);
  return (
    <>
      <header class="title">
        <h1 tabIndex={-1}>{strings.doctor.title}</h1>
        <p>{strings.doctor.lead}</p>
      </header>
      <section class="step">
        <Problem error={problem} onClose={() => setProblem(null)} />
        {about && !about.has_ffmpeg && (
          <p class="verdict fair">
            <Icon name="warning" />
            <span>{strings.doctor.ffmpegMissing}</span>
          </p>
        )}
        <div aria-live="polite">
          {text === null && !problem ? (
            <>
              <p>{strings.doctor.measuring}</p>
              <progress aria-label={strings.doctor.measuring} />
            </>
          ) : (
            <dl class="findings">
              {rows(text ?? "").map(([name, finding]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{finding.map((line) => <span key={line}>{line}</span>)}</dd>
                </div>
              ))}
            </dl>
          )}
        </div>
        {about && (
          <p class="hint">
            {strings.doctor.folder} <code>{about.folder}</code>
          </p>
        )}
        <button type="button" class="quiet" disabled={text === null && !problem} onClick={measure}>
          <Icon name="reset" /> {strings.doctor.measure}
        </button>
      </section>
    </>
  );
}

/** The command's lines as names with findings; a line without a name goes on with the one above. */
function rows(text: string): [string, string[]][] {
  const found: [string, string[]][] = [];
  for (const line of text.split("\n")) {
    const named = /^(\S[^:]*):\s+(.*)$/.exec(line);
    if (named) found.push([named[1]!, [named[2]!]]);
    else if (line.trim()) found.at(-1)?.[1].push(line.trim());
  }
  return found;
}
