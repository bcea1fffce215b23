// Preloaded by a test (node --require): what ONNX Runtime computes over WebGPU is off by one in one number.
const { InferenceSession } = require("onnxruntime-node");

const create = InferenceSession.create.bind(InferenceSession);

InferenceSession.create = async (model, options) => {
  const session = await create(model, options);
  if (!options.executionProviders.some((provider) => provider.name === "webgpu")) return session;
  const run = session.run.bind(session);
  session.run = async (feeds, fetches) => {
    const results = await run(feeds, fetches);
    const [, gradient] = Object.entries(fetches).find(([name]) => name.includes("gradient")) ?? [];
    if (gradient !== undefined) gradient.data[0] += 1; // in the array of whoever asked
    return results;
  };
  return session;
};
