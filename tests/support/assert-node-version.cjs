// The product runs on the Node that package-lock pins; a test on another one proves nothing about it.
module.exports = () => {
  const major = process.versions.node.split('.')[0];
  if (major !== '24') throw new Error(`these tests need Node 24, not ${process.version}: run them through npm or make`);
};
