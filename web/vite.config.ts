import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const backend = process.env.STEWARD_URL ?? 'http://127.0.0.1:8080';

/** Leaves the marker behind that lets Go embed the folder on a fresh clone, which the build empties first. */
function keepFolder(): Plugin {
  return {
    name: 'keep-folder',
    apply: 'build',
    closeBundle: () => writeFileSync(join(here, 'dist', '.keep'), ''),
  };
}

/** Writes each script and style sheet a second time, compressed, for the service to hand out as it is. */
function compress(): Plugin {
  return {
    name: 'compress',
    apply: 'build',
    closeBundle() {
      const assets = join(here, 'dist', 'assets');
      for (const file of readdirSync(assets).filter((name) => /\.(js|css)$/.test(name))) {
        writeFileSync(join(assets, `${file}.gz`), gzipSync(readFileSync(join(assets, file)), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), keepFolder(), compress()],
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      input: { console: join(here, 'index.html'), pay: join(here, 'pay.html') },
      output: {
        manualChunks(id) {
          if (/node_modules\/(react|react-dom|scheduler)\//.test(id)) return 'react';
          if (/node_modules\/(react-router|cookie|set-cookie-parser)\//.test(id)) return 'router';
          if (/node_modules\/(@tanstack|openapi-fetch)/.test(id)) return 'data';
          return undefined;
        },
      },
    },
  },
  server: {
    proxy: Object.fromEntries(['/api', '/openapi.json', '/healthz', '/readyz'].map((path) => [path, { target: backend }])),
  },
});
