// What went wrong, where it went wrong, and how to let it go.

import { Refusal } from "../api";
import { useStrings } from "../strings";
import type { Strings } from "../strings/en";
import { Icon } from "./icon";

export function textOf(strings: Strings, error: unknown): string {
  if (error instanceof Refusal) return strings.errors[error.code] ?? (error.message || strings.errors.unknown!);
  return error instanceof Error ? error.message : String(error);
}

export function Problem({ error, onClose }: { error: unknown; onClose: () => void }) {
  const strings = useStrings();
  if (!error) return null;
  return (
    <div class="problem" role="alert">
      <Icon name="warning" />
      <span>{textOf(strings, error)}</span>
      <button type="button" class="plain" aria-label={strings.close} onClick={onClose}>
        <Icon name="close" />
      </button>
    </div>
  );
}
