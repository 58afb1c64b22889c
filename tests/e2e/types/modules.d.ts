// What the build makes and scripts of ours import: wasm-bindgen's glue.

declare module '*/engine.js' {
  /** Fetches and starts the module. */
  export default function init(from: { module_or_path: URL }): Promise<unknown>;
  /** Serves the page at the other end of the port. */
  export function serve(port: MessagePort): void;
}
