// What a file says about itself, sentence by sentence.

import type { Ground, Manifest, Verified } from "../api";
import { date, useStrings } from "../strings";
import type { Strings } from "../strings/en";
import { Icon } from "./icon";

export function Finding({ found }: { found: Verified }) {
  const strings = useStrings();
  const said = strings.verifying;
  const kind = found.state === "marked" ? "good" : found.state === "damaged" ? "bad" : "fair";
  const { manifest, watermark, problems, notes } = found;
  return (
    <article class={`finding ${kind}`}>
      <p class={`verdict ${kind}`}>
        <Icon name={kind === "good" ? "check" : "warning"} />
        <strong>{said.states[found.state]}</strong>
      </p>
      {found.label && <p class="hint centred">{found.label}</p>}
      {problems.length > 0 && <Sentences all={problems} />}
      {manifest && found.state === "damaged" && <p class="hint">{said.says.unproven}</p>}
      <Sentences
        all={[
          ...(manifest ? sentencesOf(strings, manifest) : []),
          ...(watermark ? [said.says.watermark(watermark.frames, watermark.output_id)] : []),
          ...notes,
        ]}
      />
      {manifest && (
        <details>
          <summary>{said.manifest}</summary>
          <pre class="command" tabIndex={0}>{JSON.stringify(manifest, null, 2)}</pre>
        </details>
      )}
    </article>
  );
}

function Sentences({ all }: { all: string[] }) {
  return (
    <ul class="messages">
      {all.map((one) => (
        <li key={one}>{one}</li>
      ))}
    </ul>
  );
}

function sentencesOf(strings: Strings, manifest: Manifest): string[] {
  const { says } = strings.verifying;
  const { signer, generation, consent } = manifest;
  const who = [signer.name ?? says.unnamed, signer.organisation].filter(Boolean).join(", ");
  const kinds = manifest.source_types.join(", ");
  const sentences = [says.signedBy(who), signer.is_trusted ? says.trusted : says.untrusted];
  if (signer.signed_at) sentences.push(says.signedAt(signer.signed_at));
  sentences.push(says.program(manifest.program));
  if (manifest.description) sentences.push(says.description(manifest.description));
  sentences.push(
    manifest.is_synthetic === null ? says.unknown : manifest.is_synthetic ? says.synthetic(kinds) : says.notSynthetic(kinds),
  );
  if (generation?.model?.name) sentences.push(says.model(generation.model.name));
  for (const { title, has_manifest } of manifest.ingredients) sentences.push(says.madeFrom(title, has_manifest));
  if (consent?.consent) {
    const ground = strings.consent[consent.consent as Ground] ?? says.undeclared;
    sentences.push(says.consent(ground, consent.declared_at ? date(Date.parse(consent.declared_at)) : null));
  }
  if (generation?.output_id) sentences.push(says.number(generation.output_id));
  return sentences;
}
