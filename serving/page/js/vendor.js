/** The few names of Preact and htm that the page uses; see `vendor/README.md`. */
export {
  html,
  render,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "../vendor/htm-preact-3.1.1.module.js";
