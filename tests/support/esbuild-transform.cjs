// jest's transformer: the compiler that also makes the product, so that tests run what ships.
const { transformSync } = require('esbuild');

module.exports = {
  process(source, filename) {
    const { code } = transformSync(source, {
      loader: 'ts',
      format: 'cjs',
      target: 'node24',
      sourcefile: filename,
      sourcemap: 'inline',
    });
    return { code };
  },
};
