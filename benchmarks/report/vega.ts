// Vega-Lite specifications to SVG, without a browser.
import { createRequire } from 'node:module'

/** What is used of them; declared here, so that a type check needs neither installed. */
interface Vega {
  parse(spec: object): object
  View: new (runtime: object, options: { renderer: 'none' }) => { toSVG(): Promise<string>; finalize(): void }
}
interface VegaLite {
  compile(spec: object): { spec: object }
}

const load = createRequire(__filename)

export async function toSvg(spec: object): Promise<string> {
  const vega = load('vega') as Vega
  const vegaLite = load('vega-lite') as VegaLite
  const view = new vega.View(vega.parse(vegaLite.compile(spec).spec), { renderer: 'none' })
  try {
    return await view.toSVG()
  } finally {
    view.finalize()
  }
}
