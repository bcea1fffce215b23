// Builds the dashboard's page into static files, which the package ships and the dashboard serves.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Their licences ask to go wherever their code goes. */
const BUNDLED = ["preact", "uplot"];

export default defineConfig({
  root: at("coordinator/dashboard/page"),
  plugins: [licenses()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: at("dist/coordinator/dashboard/page"),
    emptyOutDir: true,
    target: ["chrome111", "firefox114", "safari16.4"],
    modulePreload: { polyfill: false },
    // Everything is a file of its own: the policy of the page allows nothing inline.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});

function licenses(): Plugin {
  return {
    name: "licenses",
    async generateBundle() {
      const texts = BUNDLED.map(async (name) => {
        const text = await readFile(at(`node_modules/${name}/LICENSE`), "utf8");
        return `${name}\n\n${text.trim()}\n`;
      });
      this.emitFile({
        type: "asset",
        fileName: "licenses.txt",
        source: (await Promise.all(texts)).join("\n\n"),
      });
    },
  };
}
