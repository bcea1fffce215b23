// What is for Linux alone: /proc, its signals and libraries. Elsewhere such tests are passed over, and it is said.

export const isLinux = process.platform === "linux";

if (!isLinux) process.stdout.write(`tests of what only Linux has are skipped on ${process.platform}\n`);
