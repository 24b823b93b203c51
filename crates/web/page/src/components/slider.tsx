// One control of the film: its name, its value, a line of help, and a way back.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { useStrings } from "../strings";
import { Icon } from "./icon";

interface RowProps {
  name: string;
  help: string;
  isChanged: boolean;
  onReset: () => void;
  value?: string;
  labelFor?: string;
  children: ComponentChildren;
}

export function ControlRow({ name, help, isChanged, onReset, value, labelFor, children }: RowProps) {
  const strings = useStrings();
  return (
    <div class="control">
      <div class="control-head">
        {labelFor ? <label for={labelFor}>{name}</label> : <span class="label">{name}</span>}
        {value && <output for={labelFor ?? ""}>{value}</output>}
        <button
          type="button"
          class="plain reset"
          aria-label={strings.controls.reset(name)}
          disabled={!isChanged}
          onClick={onReset}
        >
          <Icon name="reset" />
        </button>
      </div>
      {children}
      <p class="hint" id={labelFor ? `${labelFor}-help` : undefined}>{help}</p>
    </div>
  );
}

interface SliderProps {
  name: string;
  help: string;
  value: number;
  usual: number;
  most: number;
  step?: number;
  /** How a value is said; percent without. */
  said?: (value: number) => string;
  onChange: (value: number) => void;
}

export function Slider({ name, help, value, usual, most, step = 0.05, said, onChange }: SliderProps) {
  const id = useId();
  return (
    <ControlRow
      name={name}
      help={help}
      labelFor={id}
      value={said?.(value) ?? `${Math.round(value * 100)} %`}
      isChanged={value !== usual}
      onReset={() => onChange(usual)}
    >
      <input
        id={id}
        type="range"
        min={0}
        max={most}
        step={step}
        aria-valuetext={said?.(value)}
        value={value}
        aria-describedby={`${id}-help`}
        onInput={(event) => onChange(Number(event.currentTarget.value))}
      />
    </ControlRow>
  );
}

interface ChoiceProps<Value extends string> {
  name: string;
  help: string;
  value: Value;
  usual: Value;
  options: [Value, string][];
  onChange: (value: Value) => void;
  children?: ComponentChildren;
}

export function Choice<Value extends string>(props: ChoiceProps<Value>) {
  const { name, help, value, usual, options, onChange, children } = props;
  const group = useId();
  return (
    <ControlRow name={name} help={help} isChanged={value !== usual} onReset={() => onChange(usual)}>
      <div class="choices" role="radiogroup" aria-label={name}>
        {options.map(([option, label]) => (
          <label key={option} class="choice">
            <input type="radio" name={group} checked={option === value} onChange={() => onChange(option)} />
            <span>{label}</span>
          </label>
        ))}
        {children}
      </div>
    </ControlRow>
  );
}
