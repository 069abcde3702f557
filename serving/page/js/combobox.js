/** A text field with suggestions, usable by keyboard alone (the ARIA combobox pattern). */
import { html, useEffect, useRef, useState } from "./vendor.js";

/** @typedef {{id: string, text: string, kind: string}} Option */

const PAUSE_MS = 80;

/**
 * @param {object} given
 * @param {string} given.name Unique on the page.
 * @param {string} given.label
 * @param {string} given.value What stands in it at first, and after a pick.
 * @param {(text: string) => Promise<Option[]>} given.suggest
 * @param {(option: Option) => void} given.onPick
 * @param {(text: string) => void} [given.onSubmit] On Enter without a chosen suggestion; else the first is taken.
 * @param {(text: string) => void} [given.onType]
 * @param {boolean} [given.eager] Whether an empty field suggests as well.
 * @param {boolean} [given.clears] Whether the field is empty again after a pick.
 */
export function Combobox(given) {
  const {
    name,
    label,
    value,
    suggest,
    onPick,
    onSubmit,
    onType,
    placeholder = "",
    eager = false,
    clears = false,
  } = given;
  const [text, setText] = useState(value);
  const [asked, setAsked] = useState(/** @type {string | null} */ (null));
  const [options, setOptions] = useState(/** @type {Option[]} */ ([]));
  const [active, setActive] = useState(-1);
  const latest = useRef(0);
  const open = asked !== null && options.length > 0;

  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (asked === null || (!asked.trim() && !eager)) return setOptions([]);
    const mine = ++latest.current;
    const timer = setTimeout(async () => {
      const found = await suggest(asked.trim()).catch(() => []);
      if (mine === latest.current) (setOptions(found), setActive(-1));
    }, PAUSE_MS);
    return () => (clearTimeout(timer), void latest.current++);
  }, [asked]);

  const close = () => (setAsked(null), setOptions([]), setActive(-1));
  const type = (text) => (setText(text), setAsked(text), onType?.(text));
  const pick = (option) => (close(), setText(clears ? "" : option.text), onPick(option));
  const keys = {
    ArrowDown: () => (open ? setActive((active + 1) % options.length) : setAsked(text)),
    ArrowUp: () => open && setActive((active <= 0 ? options.length : active) - 1),
    Escape: () => (open ? close() : setText("")),
    Enter: () => {
      if (options[active]) return pick(options[active]);
      if (onSubmit) return (close(), onSubmit(text.trim()));
      if (options[0]) pick(options[0]);
    },
  };
  return html`<div class="combobox">
    <input
      id=${name}
      type="text"
      role="combobox"
      autocomplete="off"
      spellcheck=${false}
      maxlength="200"
      aria-label=${label}
      aria-autocomplete="list"
      aria-expanded=${open}
      aria-controls="${name}-list"
      aria-activedescendant=${active >= 0 ? `${name}-${active}` : null}
      placeholder=${placeholder}
      value=${text}
      onInput=${(event) => type(event.target.value)}
      onFocus=${(event) => eager && (event.target.select(), setAsked(""))}
      onBlur=${close}
      onKeyDown=${(event) => {
        if (event.isComposing || !(event.key in keys)) return;
        event.preventDefault();
        keys[event.key]();
      }}
    />
    <ul id="${name}-list" role="listbox" aria-label=${label} hidden=${!open}>
      ${options.map(
        (option, at) => html`<li
          id="${name}-${at}"
          key=${option.kind + option.id}
          role="option"
          aria-selected=${at === active}
          onMouseDown=${(event) => event.preventDefault()}
          onClick=${() => pick(option)}
        >
          <span class="text"><${Marked} text=${option.text} typed=${text} /></span>
          <span class="kind">${option.kind}</span>
        </li>`,
      )}
    </ul>
  </div>`;
}

/** A text with what was typed in bold. @param {{text: string, typed: string}} given */
function Marked({ text, typed }) {
  const at = typed.trim() ? text.toLowerCase().indexOf(typed.trim().toLowerCase()) : -1;
  if (at < 0) return text;
  const end = at + typed.trim().length;
  return html`${text.slice(0, at)}<b>${text.slice(at, end)}</b>${text.slice(end)}`;
}
