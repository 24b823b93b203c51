// Files on their way to the server.

import type { Sending } from "../uploading";
import { useStrings } from "../strings";

export function SendingList({ sending }: { sending: Sending[] }) {
  const strings = useStrings();
  return (
    <div aria-live="polite">
      {sending.map((one) => (
        <div class="sending" key={one.key}>
          <span>{one.share < 1 ? strings.source.sending(one.name) : strings.source.looking}</span>
          <progress aria-label={one.name} max={1} {...(one.share < 1 ? { value: one.share } : {})} />
        </div>
      ))}
    </div>
  );
}
