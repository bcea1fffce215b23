// compose.yaml as Compose itself reads it. What its services run is tested without containers (tests/clusters).
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { parse } from "yaml";

const FILE = fileURLToPath(new URL("../../deploy/compose.yaml", import.meta.url));

test("Compose accepts the file, once the token is set", async () => {
  const compose = await findCompose();
  const config = (
    token: Readonly<Record<string, string>>,
    ...profile: string[]
  ): Promise<{ readonly stdout: string }> => {
    const { GANGLION_TOKEN: _unset, ...environment } = process.env;
    return promisify(execFile)(compose[0], [...compose.slice(1), "-f", FILE, ...profile, "config"], {
      env: { ...environment, ...token },
    });
  };
  await expect(config({})).rejects.toMatchObject({
    stderr: expect.stringContaining("set GANGLION_TOKEN first"),
  });
  const { stdout } = await config({ GANGLION_TOKEN: "s3cret" });
  const { services } = parse(stdout) as { readonly services: Readonly<Record<string, object>> };
  const started = Object.keys(services).filter((name) => !("profiles" in services[name])); // Compose 1 lists all
  expect(started.sort()).toEqual(["coordinator", "nats", "worker"]);
  expect(services["worker"]).toMatchObject({ environment: { GANGLION_TOKEN: "s3cret" } });

  const withCuda = parse((await config({ GANGLION_TOKEN: "s3cret" }, "--profile", "cuda")).stdout) as {
    readonly services: Readonly<Record<string, object>>;
  };
  expect(withCuda.services["worker-cuda"]).toMatchObject({
    build: { target: "cuda" },
    environment: { GANGLION_TOKEN: "s3cret" },
    deploy: { resources: { reservations: { devices: [{ driver: "nvidia", capabilities: ["gpu"] }] } } },
  });
});

async function findCompose(): Promise<[string, ...string[]]> {
  for (const command of [["docker", "compose"], ["docker-compose"]] as [string, ...string[]][]) {
    const works = await promisify(execFile)(command[0], [...command.slice(1), "version"]).then(
      () => true,
      () => false,
    );
    if (works) return command;
  }
  throw new Error("neither `docker compose` nor docker-compose is here: apt-get install docker-compose");
}
